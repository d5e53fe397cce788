import type { RandomWords } from '../randomness/random-words.js';
import { requireRate, WORD_BITS, type SamplingRate } from './sampling-rate.js';

/**
 * Includes each of `count` patients independently with exactly the given probability (Poisson sampling).
 * @returns the numbers of those included, ascending; possibly none
 * @throws ConsiliumError SAMPLING_INVALID
 */
export function poissonSample(count: number, rate: SamplingRate, words: RandomWords): Uint32Array {
  requireRate(rate);
  const shift = WORD_BITS - rate.bits;
  const chosen: number[] = [];
  for (let patient = 0; patient < count; patient += 1) {
    const draw = shift === WORD_BITS ? 0 : words.next() >>> shift;
    if (draw < rate.numerator) chosen.push(patient);
  }
  return Uint32Array.from(chosen);
}
