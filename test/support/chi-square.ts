const BINS = 64;

/**
 * Pearson's statistic of 64 bins of equal width against the uniform distribution on [0, modulus). Both ends of the numbers
 * are looked at: their size, and their remainder by 64, in which small integers would show.
 * @returns the larger of the two statistics
 */
export function chiSquare(numbers: BigUint64Array, modulus: bigint): number {
  const statistic = (binOf: (number: bigint) => bigint) => {
    const bins = new Array<number>(BINS).fill(0);
    for (const number of numbers) bins[Number(binOf(number))]! += 1;
    const expected = numbers.length / BINS;
    return bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  };
  return Math.max(
    statistic((number) => (number * BigInt(BINS)) / modulus),
    statistic((number) => number % BigInt(BINS)),
  );
}

/**
 * Above this, 64 bins are not uniform at p = 0.01: upper critical value of chi-square with 63 degrees of freedom
 * (NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.4).
 */
export const CRITICAL_AT_ONE_PERCENT = 92.01;
