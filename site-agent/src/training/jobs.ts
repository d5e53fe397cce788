import type { CohortSource } from '@consilium/cohort';
import type { SiteMasks } from '@consilium/sealed-sum';
import type { ErrorDetail, ResolvedStudy, SealParameters, SiteRefusal, StudyHash } from '@consilium/protocol';

/** What a site computes for one round, on its own rows. */
export interface ContributionJob {
  readonly kind: 'contribution';
  readonly hash: StudyHash;
  readonly study: ResolvedStudy;
  readonly cohort: {
    readonly source: CohortSource;
    readonly patientId: string | undefined;
    readonly splitKey: Uint8Array;
    readonly minPatients: number;
    /** As at the first use of this study; absent at that first use. */
    readonly fingerprint: string | undefined;
  };
  /** Encoded state that the round starts from. */
  readonly state: Uint8Array;
  /** SHA-256 of the encoded state, hex. */
  readonly stateDigest: string;
  readonly round: 'train' | 'evaluate';
  /** Whether metrics about the state before the round ride along. */
  readonly metrics: boolean;
}

export interface ContributionResult {
  readonly fingerprint: string;
  /** Packed integers, `laneCount` of the round's parameters. */
  readonly lanes: Int32Array;
  /** This site's own metrics; absent in a round without. They leave the site only inside the sum. */
  readonly counts: Readonly<Record<string, bigint>> | undefined;
}

/** Lanes to one sealed file. There is no way to seal without masks. */
export interface SealJob {
  readonly kind: 'seal';
  readonly lanes: Int32Array;
  readonly parameters: SealParameters;
  readonly bfvKey: Uint8Array;
  readonly checkKey: Uint8Array;
  readonly masks: SiteMasks;
  readonly keyEpoch: number;
  readonly path: string;
}

export interface SealResult {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** A fold to the next state. */
export interface ApplyJob {
  readonly kind: 'apply';
  readonly path: string;
  readonly study: ResolvedStudy;
  readonly round: 'train' | 'evaluate';
  readonly bfvKey: Uint8Array;
  readonly checkKey: Uint8Array;
  /** Key of every contributor's own mask, 32 bytes each. */
  readonly selfMasks: readonly Uint8Array[];
  readonly keyEpoch: number;
  readonly contributors: number;
  /** Encoded state before the round. */
  readonly state: Uint8Array;
}

export interface ApplyResult {
  /** Encoded state after the round; of an evaluate round the same bytes. */
  readonly state: Uint8Array;
  readonly counts: Readonly<Record<string, bigint>>;
  /** The opened sum. */
  readonly lanes: Int32Array;
}

export type Job = ContributionJob | SealJob | ApplyJob;
export interface JobResults {
  readonly contribution: ContributionResult;
  readonly seal: SealResult;
  readonly apply: ApplyResult;
}

/** What crosses from the thread: an error that is one of ours keeps what may be said of it. */
export interface JobFailure {
  readonly detail: Omit<ErrorDetail, 'cause'>;
  readonly refusal: SiteRefusal;
  /** For the incident, which stays at the site. */
  readonly trace: string;
}

export interface JobRequest {
  readonly id: number;
  readonly job: Job;
}

export type JobAnswer =
  { readonly id: number; readonly result: JobResults[keyof JobResults] } | { readonly id: number; readonly failure: JobFailure };
