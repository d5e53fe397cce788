import type { CohortSource } from '@consilium/cohort';
import type { EngineName, PatientOutcomes } from '@consilium/learning';
import type { Objections } from '../objections/objection-test.js';
import type { SiteMasks } from '@consilium/sealed-sum';
import type { ErrorDetail, ResolvedStudy, SealParameters, SiteRefusal, StudyHash } from '@consilium/protocol';

/** What the thread trains on; the agent has chosen it. */
export interface ThreadEngine {
  readonly engine: EngineName;
  /** At most; absent: as many as the machine has. */
  readonly threads?: number;
}

/** What a thread is started with. */
export interface ThreadSettings {
  readonly training: ThreadEngine;
  /** Whether it will seal and open sums. */
  readonly seals: boolean;
}

/** What a site computes for one round, on its own rows. */
export interface ContributionJob {
  readonly kind: 'contribution';
  readonly hash: StudyHash;
  readonly study: ResolvedStudy;
  readonly cohort: {
    readonly source: CohortSource;
    readonly patientId: string | undefined;
    readonly splitKey: Uint8Array;
    readonly objections: Objections | undefined;
    readonly minPatients: number;
    /** Where decoded images are kept. */
    readonly cacheDir?: string;
    /** As at the first use of this study; absent at that first use. */
    readonly fingerprint: string | undefined;
  };
  /** Encoded state that the round starts from. */
  readonly state: Uint8Array;
  /** What this site has learned for itself so far; absent at the beginning and where nothing is local. */
  readonly local?: Float64Array | undefined;
  /** Where every weight began, of a study that started from given weights. */
  readonly given?: Float64Array | undefined;
  /** SHA-256 of the encoded state, hex. */
  readonly stateDigest: string;
  readonly round: 'train' | 'evaluate';
  /** Whether metrics about the state before the round ride along. */
  readonly metrics: boolean;
  /** Whether the site looks at its own rows with that state, for its own eyes. */
  readonly evaluate: boolean;
  /** n̂ of this site; modes that hide patients have one. */
  readonly publicSize: number | undefined;
}

export interface ContributionResult {
  readonly fingerprint: string;
  /** Packed integers, `laneCount` of the round's parameters. */
  readonly lanes: Int32Array;
  /** What this site learned for itself in this round, current once the round is applied with it; absent where nothing is local. */
  readonly local?: Float64Array;
  /** This site's own model, all tensors, where the study has sites fine-tune the final one; of the last round only. It stays. */
  readonly own?: Float64Array;
  /** How many patients' gradients were kept, clipped, shrunk or not finite; modes that hide patients only. For the site's eyes. */
  readonly outcomes?: PatientOutcomes;
  /** How long drawing the noise took, where there is any. It was drawn before the data were looked at. */
  readonly noiseMs?: number;
  /** How often a batch was halved for the engine's memory so far, where it was in this job. For the site's log. */
  readonly halvings?: number;
  /** This site's own metrics; absent in a round without. In mode `none` they leave the site inside the sum, else never. */
  readonly counts: Readonly<Record<string, bigint>> | undefined;
}

/** As a field, or no field at all. */
export const kept = (local: Float64Array | undefined): Pick<ContributionResult, 'local'> => (local ? { local } : {});

/** Whether a study could read its rows here; nothing of them is kept. */
export interface CheckJob {
  readonly kind: 'check';
  readonly study: ResolvedStudy;
  readonly cohort: Omit<ContributionJob['cohort'], 'fingerprint'>;
}

export interface CheckResult {
  /** Every reason against, once for each column, as it may leave the site. */
  readonly refused: readonly SiteRefusal[];
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
  /** Σn̂ over the contributors; 0 where the study names no sizes. */
  readonly publicSize: number;
  /** Encoded state before the round. */
  readonly state: Uint8Array;
}

export interface ApplyResult {
  /** Encoded state after the round; of an evaluate round the same bytes. */
  readonly state: Uint8Array;
  /** Totals of the metrics: counts, or with noise the cells of the tables, either sign, in units of 1/SCORE_UNIT patient. */
  readonly counts: Readonly<Record<string, bigint>>;
  /** The opened sum. */
  readonly lanes: Int32Array;
  /** How long opening it took, without the step that follows. */
  readonly openMs: number;
}

export type Job = ContributionJob | CheckJob | SealJob | ApplyJob;
export interface JobResults {
  readonly contribution: ContributionResult;
  readonly check: CheckResult;
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
