import { ConsiliumError } from '@consilium/protocol';

/** A probability that a machine can draw and an accountant can price alike: numerator/2^bits, in (0, 1]. */
export interface SamplingRate {
  /** 1 to 2^bits. */
  readonly numerator: number;
  /** 0 to 32. */
  readonly bits: number;
}

/** Resolution of a study's rate (PROTOCOL.md section 6). */
const STUDY_BITS = 20;
export const WORD_BITS = 32;

/**
 * The study's decimal, rounded up to a/2^20.
 * @param rate - in (0, 1]
 * @throws ConsiliumError SAMPLING_INVALID
 */
export function samplingRate(rate: number): SamplingRate {
  if (!(rate > 0 && rate <= 1)) throw invalid();
  return { numerator: Math.ceil(rate * 2 ** STUDY_BITS), bits: STUDY_BITS };
}

/** The rate as a double, exactly. */
export function rateValue({ numerator, bits }: SamplingRate): number {
  return numerator / 2 ** bits;
}

/** @throws ConsiliumError SAMPLING_INVALID */
export function requireRate({ numerator, bits }: SamplingRate): void {
  const whole = Number.isInteger(bits) && bits >= 0 && bits <= WORD_BITS && Number.isInteger(numerator);
  if (!whole || !(numerator >= 1 && numerator <= 2 ** bits)) throw invalid();
}

function invalid(): ConsiliumError {
  return new ConsiliumError({
    code: 'SAMPLING_INVALID',
    errorClass: 'refused',
    message: 'The sampling rate is not a probability above 0.',
    fix: 'Set privacy.sampling to a number above 0, at most 1.',
  });
}
