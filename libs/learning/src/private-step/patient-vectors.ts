import type { PatientOutcome } from '@consilium/privacy/mechanism';
import type { Address } from './kernels.js';

/**
 * Turns the gradients of single patients into whole numbers of a norm of at most S, and adds them up (PROTOCOL.md section 6,
 * step 2). What a patient adds depends on that patient alone, and on the words drawn where rounding is random.
 */
export interface PatientVectors {
  /** Whether a patient's only record can be taken as it stands in the network; else its gradient is written down like a mean. */
  readonly takesRecords: boolean;
  /** @param row - of the network's last run @param squaredNorm - of its gradient */
  takeRecord(row: number, squaredNorm: number): PatientOutcome;
  /** Where a patient's mean gradient is written down, padded as in the network; 32-bit floats. */
  readonly mean: Address;
  takeMean(): PatientOutcome;
  /** The sum of all that were taken since the last time, as the model's tensors lie. */
  finish(): Float64Array;
}
