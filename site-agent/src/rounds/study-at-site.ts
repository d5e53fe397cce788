import type { ResolvedStudy, SiteName, Statement, StatementKind, StudyHash } from '@consilium/protocol';
import type { SignedStatement } from '@consilium/identity';
import type { CohortSource } from '@consilium/cohort';
import type { AbortCertificate, Recall, Recollection, Step } from '@consilium/protocol/wire';
import type { Connection } from '../connection/index.js';
import type { Objections } from '../objections/index.js';
import type { ReservedRound, SpendPlace, SpentRound } from '../ledger/paid-round.js';
import type { SiteState } from '../state/index.js';
import type { RoundStep } from './round-step.js';
import type { Workbench } from '../training/workbench.js';

/** Signs with this site's identity key. */
export type SignStatement = <K extends StatementKind>(kind: K, statement: Statement<K>) => SignedStatement;

/** The cohort that the study names, as this site offers it, and what its owner asks for. */
export interface OfferedCohort {
  /** The people whose budget a study over it draws on. */
  readonly population: string;
  readonly source: CohortSource;
  /** The column that tells patients apart; without it every row is a patient. */
  readonly patientId: string | undefined;
  /** Secret of the population: splits patients into training and test where the study says so. */
  readonly splitKey: Uint8Array;
  /** Patients of the population who object; nothing where nobody does. */
  readonly objections: Objections | undefined;
  /** Fewest patients with which this site takes part. */
  readonly minPatients: number;
  /** Where decoded images are kept. */
  readonly cacheDir?: string;
}

/** Where this site asks the others what it did before it started, and hears them. */
export interface WitnessDesk {
  newSession(ask: (question: Recall) => void): void;
  /** Resolves once enough others have answered. @throws SiteRefused WITNESSES */
  heard(at: StudyAtSite, signal: AbortSignal): Promise<void>;
  answer(at: StudyAtSite, recollection: Recollection): void;
}

type HashedStudy = Pick<StudyAtSite, 'hash' | 'study'>;

/** Where the privacy budgets of the site's populations are kept; see `BudgetDesk`. */
export interface Budgets {
  /** Before any data are touched. @throws SiteRefused and ConsiliumError: nothing may be touched */
  reserve(study: HashedStudy, round: number): Promise<ReservedRound>;
  /**
   * Reserves what the next rounds cost and proves it to the other sites: `packEvidence`; nothing where the mode needs no ledger.
   * @throws as `reserve`
   */
  evidence(study: HashedStudy, round: number): Promise<Buffer | undefined>;
  /** Before the first byte of the round leaves. @throws ConsiliumError: nothing may leave */
  spend(study: HashedStudy, reserved: ReservedRound, place: SpendPlace): Promise<SpentRound>;
  /** What was reserved and never uploaded goes back, and the round that nobody can open any more. Never throws. */
  endStudy(study: HashedStudy, aborted?: AbortCertificate): Promise<void>;
  /** This site's word that it never releases a round. The caller has bound it, durably. */
  signAbort(study: HashedStudy, round: number): Uint8Array;
}

/** Who this site is and what it works with, whatever the study. */
export interface Site {
  readonly consortium: string;
  readonly name: SiteName;
  readonly state: SiteState;
  readonly connection: Connection;
  readonly sign: SignStatement;
  /** X-Wing seed, 32 bytes. */
  readonly sealingKey: Uint8Array;
  readonly workbench: Workbench;
  /** What the other sites hold from this one. */
  readonly witnesses: WitnessDesk;
  readonly budgets: Budgets;
  /** Whether this machine has room and the right time for a round; absent: nobody looks. */
  readonly machine?: { readonly require: (study: ResolvedStudy) => void } | undefined;
  /** For the metrics: how long a step of a round took here, seconds. */
  readonly took?: ((step: RoundStep, seconds: number) => void) | undefined;
  /** For the metrics: steps of an optimiser that were taken. */
  readonly trained?: ((steps: number) => void) | undefined;
  /** Keeps the integers that it packed and the sums that it opened beside the state (public cohorts only). */
  readonly shadow: boolean;
}

/** This site's part in one study that its officer approved. */
export interface StudyAtSite extends Site {
  readonly hash: StudyHash;
  readonly study: ResolvedStudy;
  /** Where the study's files lie, 0700. */
  readonly folder: string;
  readonly cohort: OfferedCohort;
  /** The folder with files of weights that studies may start from, where site.yaml names one. */
  readonly weights: string | undefined;
  /** The officer's own limit on the epsilon of this study, decimal text. */
  readonly epsilonLimit: string | null;
  /** Looks at approval and policy anew: they may have changed while a step was at work. @throws SiteRefused */
  readonly permitted: () => void;
  /** Before a round, or a block of seats for rounds, is begun: what has begun is finished at any hour. @throws SiteRefused OUTSIDE_HOURS, DISK_FULL, CLOCK_SKEW */
  readonly requireOpen: () => void;
  /** Whether the approval already allows the release of the final model. */
  readonly releaseInAdvance: boolean;
  /** For the people who watch a round. */
  readonly report: (step: Step, round: number, attempt: number) => void;
}
