/** Standard deviations that a normal variable exceeds, in one direction, once in 10^9. */
export const ONCE_IN_A_BILLION = 5.998;

/**
 * Chi-square of counts against probabilities, as standard deviations of a normal variable (Wilson and Hilferty 1931):
 * above {@link ONCE_IN_A_BILLION} about once in 10^9 where the probabilities are right and each count is expected above 20.
 */
export function chiSquareDeviations(counts: readonly number[], probabilities: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let statistic = 0;
  counts.forEach((count, cell) => {
    const expected = total * (probabilities[cell] ?? 0);
    if (!(expected > 20)) throw new Error(`a cell that expects ${expected}`);
    statistic += (count - expected) ** 2 / expected;
  });
  const freedom = counts.length - 1;
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}
