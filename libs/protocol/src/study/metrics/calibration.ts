import { isShown, type Floor } from './cell-floor.js';

/** Intervals of the predicted probability, each 1/10 wide. */
export const DECILES = 10;

/** Interval of a probability in [0, 1]; from the sixth on it counts as called positive. */
export const decileOf = (probability: number): number => Math.min(DECILES - 1, Math.max(0, Math.floor(probability * DECILES)));
export const isCalled = (decile: number): boolean => decile >= DECILES / 2;

/** Evaluation patients of one interval, or of several in a row. */
export interface CalibrationCell {
  readonly negatives: bigint;
  readonly positives: bigint;
  /** Their probabilities together, in units of 1/FIXED_POINT. */
  readonly predicted: bigint;
}

/** Intervals `from` to `to` (both included) as one. */
export interface CalibrationBin extends CalibrationCell {
  readonly from: number;
  readonly to: number;
}

/**
 * Joins neighbouring intervals until each has enough patients with and without the outcome to be shown; what is left at the
 * end joins the last one.
 * @param cells - of the intervals `first`, `first` + 1, …
 * @returns nothing where all of them together are too few
 */
export function mergedBins(cells: readonly CalibrationCell[], floor: Floor, first = 0): readonly CalibrationBin[] {
  const bins: CalibrationBin[] = [];
  let open: CalibrationBin | undefined;
  for (const [place, cell] of cells.entries()) {
    open = open ? joined(open, { ...cell, from: first + place, to: first + place }) : { ...cell, from: first + place, to: first + place };
    if (!isShown([open.negatives, open.positives], floor)) continue;
    bins.push(open);
    open = undefined;
  }
  const last = bins.pop();
  if (last === undefined) return [];
  return [...bins, open ? joined(last, open) : last];
}

const joined = (one: CalibrationBin, other: CalibrationBin): CalibrationBin => ({
  from: one.from,
  to: other.to,
  negatives: one.negatives + other.negatives,
  positives: one.positives + other.positives,
  predicted: one.predicted + other.predicted,
});
