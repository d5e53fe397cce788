import type { RandomWords } from '../randomness/random-words.js';

const WORD = 2 ** 32;
/** In words: more than 2^10 times what a double can be wrong by in factor · e^−γ ≤ 1 for γ ≤ 2^10. */
const DOUBT = 2 ** -8;

/** The number factor · e^−exponent, between 0 and 1, from two fractions. */
export interface Decay {
  readonly factor: readonly [numerator: bigint, denominator: bigint];
  readonly exponent: readonly [numerator: bigint, denominator: bigint];
}

/**
 * Whether a uniform real number lies below factor · e^−exponent: exactly Bernoulli. The real number is drawn word by word, as
 * far as it takes. Its first word decides but once in 2^31; there integers do, so no rounding is in the result.
 * @param word - the real number's first 32 binary digits, already drawn
 * @param near - the same number as a double, wrong by less than 2^-42 of 1; NaN leaves it to the integers
 */
export function isBelowDecay(word: number, words: RandomWords, near: number, exact: () => Decay): boolean {
  const scaled = near * WORD;
  if (word + 1 <= scaled - DOUBT) return true;
  if (word >= scaled + DOUBT) return false;
  const { factor, exponent } = exact();
  let digits = BigInt(word);
  for (let bits = 32n; ; bits += 32n) {
    const { low, high } = decayWithin(exponent, bits + 64n);
    if (((digits + 1n) * factor[1]) << 64n <= factor[0] * low) return true;
    if ((digits * factor[1]) << 64n >= factor[0] * high) return false;
    digits = (digits << 32n) | BigInt(words.next());
  }
}

/**
 * low ≤ 2^precision · e^−γ ≤ high, at most three apart, for a fraction γ ≥ 0: the alternating series in integers. Its N terms,
 * each rounded down, add up to an error of at most N²·e^γ + 2 units, which the guard bits hold for N < 2^12.
 */
export function decayWithin(
  [numerator, denominator]: readonly [bigint, bigint],
  precision: bigint,
): { readonly low: bigint; readonly high: bigint } {
  if (numerator === 0n) return { low: 1n << precision, high: 1n << precision };
  const guard = 2n * (numerator / denominator + 1n) + 32n;
  let term = 1n << (precision + guard);
  let sum = term;
  for (let k = 1n; term > 0n; k += 1n) {
    term = (term * numerator) / (denominator * k);
    sum += k % 2n === 1n ? -term : term;
  }
  const found = sum >> guard;
  return { low: found - 1n, high: found + 2n };
}
