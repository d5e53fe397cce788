import type { CohortSchema } from '@consilium/protocol';
import type { CohortSource } from './cohort-source.js';
import type { ImageFinding } from './images/image-shelf.js';

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
  /**
   * A folder of the site's state in which decoded images may be kept (0700); without it images are decoded each time they
   * are read. Whoever removes it loses time, no data.
   */
  readonly cacheDir?: string | undefined;
  /** Hears of each image that cannot be used and each file that no row names: for staff at the site, and for nobody else. */
  readonly onImage?: ((finding: ImageFinding) => void) | undefined;
  /** Milliseconds since 1970; default: the machine's clock. */
  readonly now?: (() => number) | undefined;
  /** Where relative paths of the source begin; default: the working directory. */
  readonly baseDir?: string | undefined;
}
