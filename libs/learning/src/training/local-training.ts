import type { Rows } from '@consilium/cohort';
import type { LocalAlgorithm } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import type { ModelState } from '../state/model-state.js';
import type { PartGradients } from './part-gradients.js';
import type { PhysicalBatch } from './physical-batch.js';

export interface LocalTraining {
  readonly study: LearningStudy & { readonly algorithm: LocalAlgorithm };
  /** Where training starts: the state that the sites agreed on, whole ({@link wholeState}). */
  readonly state: ModelState;
  /** What each step adds to the slope of each weight of the state (SCAFFOLD). */
  readonly drift?: Float64Array;
  /** The site's training rows. */
  readonly rows: Rows;
  /** 32 bytes; see `batchSeed`. Unused when every step takes all rows. */
  readonly seed: Uint8Array;
  /** Ends training between two steps. */
  readonly signal?: AbortSignal;
  /** Where the parts of large batches are computed; absent: here. The result is the same to the bit. */
  readonly gradients?: PartGradients;
  /** What fitted the engine's memory before. */
  readonly physical?: PhysicalBatch;
}
