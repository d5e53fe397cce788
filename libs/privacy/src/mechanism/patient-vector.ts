import type { RandomWords } from '../randomness/random-words.js';
import type { NormRule } from './norm-rule.js';

/**
 * What became of one patient's gradient. It is private, and counted at the site only:
 * `kept`, `clipped` to C, `shrunk` because rounding went beyond S, or replaced by the zero vector.
 */
export type PatientOutcome = 'kept' | 'clipped' | 'shrunk' | 'notFinite' | 'zeroed';

const WORD = 2 ** 32;
/** More than what the square root, the division and one product can round up. */
const JUST_BELOW_ONE = 1 - 2 ** -40;

/**
 * The mean of one patient's records, so that many records weigh no more than one.
 * @param records - at least one, all of one length
 */
export function meanOfRecords(records: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(records[0]?.length ?? 0);
  for (const record of records)
    for (let index = 0; index < mean.length; index += 1) mean[index] = (mean[index] ?? 0) + (record[index] ?? 0);
  for (let index = 0; index < mean.length; index += 1) mean[index] = (mean[index] ?? 0) / records.length;
  return mean;
}

/**
 * One patient's gradient as whole numbers z with Σz² ≤ S², whatever the gradient holds (PROTOCOL.md section 6, step 2).
 * That bound is what noise is measured by, so it is checked in exact integers at the end and rests on no rounding before.
 * A gradient that is not finite becomes the zero vector: taking part must not depend on one patient.
 *
 * @param gradient - d values, the mean over the patient's records
 * @param words - only `stochastic` rounding draws from it
 * @param target - d integers, overwritten
 */
export function boundPatient(gradient: Float64Array, rule: NormRule, words: RandomWords, target: Int32Array): PatientOutcome {
  const norm = euclideanNorm(gradient);
  if (!(norm < Number.POSITIVE_INFINITY)) {
    target.fill(0);
    return 'notFinite';
  }
  const clipped = norm > rule.clip;
  // Two steps where C/norm alone could lose its digits.
  const scale = rule.scaledBound / (clipped ? norm : rule.clip);
  if (rule.rounding === 'nearest') roundNearest(gradient, scale, target);
  else roundStochastic(gradient, scale, words, target);

  const bound = rule.normBound * rule.normBound;
  const sum = sumOfSquares(target);
  if (sum <= bound) return clipped ? 'clipped' : 'kept';
  const shrink = (rule.normBound / Math.sqrt(sum)) * JUST_BELOW_ONE;
  for (let index = 0; index < target.length; index += 1) target[index] = Math.trunc((target[index] ?? 0) * shrink);
  if (!(sumOfSquares(target) <= bound)) {
    target.fill(0);
    return 'zeroed';
  }
  return 'shrunk';
}

/**
 * Σz². Exact below 2^53; beyond, a rounded sum of squares stays far above any S² ≤ 2^28, so comparing with S² is exact.
 */
export function sumOfSquares(vector: Int32Array): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index += 1) {
    const value = vector[index] ?? Number.NaN;
    sum += value * value;
  }
  return sum;
}

/** ⌊x + ½⌋: what `Math.round` gives at these magnitudes but for the last bit below ½, at a third of its time in V8. */
function roundNearest(gradient: Float64Array, scale: number, target: Int32Array): void {
  for (let index = 0; index < target.length; index += 1) target[index] = Math.floor((gradient[index] ?? Number.NaN) * scale + 0.5);
}

/** Up with probability equal to the fraction, to 32 bits. */
function roundStochastic(gradient: Float64Array, scale: number, words: RandomWords, target: Int32Array): void {
  for (let index = 0; index < target.length; index += 1)
    target[index] = Math.floor((gradient[index] ?? Number.NaN) * scale + words.next() / WORD);
}

/** √Σx², also where the squares overflow or vanish. NaN or infinite where a value is. */
function euclideanNorm(vector: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index += 1) {
    const value = vector[index] ?? Number.NaN;
    sum += value * value;
  }
  if (sum > 1e-200 && sum < Number.POSITIVE_INFINITY) return Math.sqrt(sum);
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return largest;
  let scaled = 0;
  for (const value of vector) scaled += (value / largest) * (value / largest);
  return largest * Math.sqrt(scaled);
}
