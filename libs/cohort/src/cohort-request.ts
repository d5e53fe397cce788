import type { CohortSchema } from '@consilium/protocol';
import type { CohortSource } from './cohort-source.js';

/** What a check or a load needs to know. */
export interface CohortRequest {
  /** `cohorts.<name>.source` of `site.yaml`. */
  readonly source: CohortSource;
  /** `cohort` of the study. */
  readonly schema: CohortSchema;
  /** `populations.<name>.patientId`; without it each row is a patient of its own. */
  readonly patientId?: string | undefined;
  /** Secret of the population at this site, at least 16 bytes: needed where the study splits by patient. */
  readonly splitKey?: Uint8Array | undefined;
  /**
   * Whether a patient objects, by the identifier as a cell gives it ({@link cellText}); only with `patientId`. The rows of
   * such patients count for nothing but the fingerprint, which stays that of the source.
   */
  readonly objects?: ((identifier: string) => boolean) | undefined;
  /** Fewest patients in train and test together; default 1. */
  readonly minPatients?: number | undefined;
  /** Where relative paths of the source begin; default: the working directory. */
  readonly baseDir?: string | undefined;
}
