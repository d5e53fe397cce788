import type { RandomWords } from '../randomness/random-words.js';

const WORD = 2 ** 32;
const EXACT_WORD = 1n << 32n;
/** More than a double's error in ratio·2^32, where ratio ≤ 1 was rounded at most 16 times: 16·2^-53·2^32. */
const DOUBT = 2 ** -16;

/**
 * Whether a uniform real number lies below numerator/denominator: exactly Bernoulli. The real number is drawn word by
 * word, as far as it takes. Its first word decides but once in 2^31; there integers do, so no rounding is in the result.
 * @param ratio - numerator/denominator as a double, 0 to 1, rounded at most 16 times
 * @param exact - the fraction itself
 */
export function isBelow(words: RandomWords, ratio: number, exact: () => readonly [numerator: bigint, denominator: bigint]): boolean {
  const word = words.next();
  const scaled = ratio * WORD;
  if (word + 1 <= scaled - DOUBT) return true;
  if (word >= scaled + DOUBT) return false;
  const [numerator, denominator] = exact();
  return restIsBelow(words, numerator * EXACT_WORD - BigInt(word) * denominator, denominator);
}

function restIsBelow(words: RandomWords, rest: bigint, denominator: bigint): boolean {
  let left = rest;
  while (left > 0n && left < denominator) left = left * EXACT_WORD - BigInt(words.next()) * denominator;
  return left > 0n;
}
