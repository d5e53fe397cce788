/**
 * Bins of logits in [−8, 8], each 1/128 wide: where logits spread by 0.5 or more, as those of a model that has learned
 * something do, the area is that of pooled predictions within 0.002 (a property test), and `tied` bounds the distance in
 * every case. All bins of both outcomes are less than two ciphertexts.
 */
const MIDDLE = 2048;
const MIDDLE_END = 8;
/** Bins on each side of that, each 2.2 % further out, up to a logit of 128. */
const OUTER = 128;
const OUTER_PER_DOUBLING = 32;

/** Bins of the finest histogram of logits, lowest first. */
export const SCORE_BINS_FINE = MIDDLE + 2 * OUTER;
/** The same for a subgroup: sixteen bins in one, 1/8 wide in the middle. */
export const SCORE_BINS_COARSE = SCORE_BINS_FINE / 16;

/** Bin of a logit, 0 to {@link SCORE_BINS_FINE} − 1. @param logit - any number but NaN, which counts as 0 */
export function scoreBin(logit: number): number {
  const size = Math.abs(logit);
  if (!(size >= MIDDLE_END))
    return OUTER + Math.min(MIDDLE - 1, Math.floor(((Number.isNaN(logit) ? 0 : logit) / MIDDLE_END + 1) * (MIDDLE / 2)));
  const out = Math.min(OUTER - 1, Math.floor(Math.log2(size / MIDDLE_END) * OUTER_PER_DOUBLING));
  return logit < 0 ? OUTER - 1 - out : OUTER + MIDDLE + out;
}

/** {@link scoreBin} in one of {@link SCORE_BINS_COARSE}. */
export const coarseScoreBin = (logit: number): number => scoreBin(logit) >> 4;

/** Pairs of one patient with and one without the outcome. */
export interface RocPairs {
  /** Halves of a pair: 2 where the positive stands in a higher bin, 1 where both stand in one. */
  readonly halves: bigint;
  /** Pairs in one bin: the area is known to within half of these. */
  readonly tied: bigint;
}

/** Area under the ROC curve (Mann and Whitney 1947) as whole numbers: halves/(2·positives·negatives). */
export function rocPairs(negatives: readonly bigint[], positives: readonly bigint[]): RocPairs {
  let below = 0n;
  let halves = 0n;
  let tied = 0n;
  for (const [bin, positive] of positives.entries()) {
    const negative = negatives[bin] ?? 0n;
    halves += positive * (2n * below + negative);
    tied += positive * negative;
    below += negative;
  }
  return { halves, tied };
}
