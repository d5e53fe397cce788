/** Bins of the predicted probability, each 1/20 wide. */
export const SCORE_BINS = 20;

const names = (outcome: 'negatives' | 'positives') => Array.from({ length: SCORE_BINS }, (_, bin) => `${outcome}${bin}`);

/**
 * The table that rides in a sum with noise, about the state before the round's step: evaluation patients by true outcome
 * and predicted probability. A patient stands in one cell, so one patient moves the table by 1; ROC, calibration, the
 * confusion counts at 1/2 and the mean loss are all read from it and cost nothing more (PROTOCOL.md section 6).
 */
export const SCORE_TABLE: readonly string[] = [...names('negatives'), ...names('positives')];

/** A count times this is what the lane carries, so that the noise may be finer than a patient. */
export const SCORE_UNIT = 16;

/** Cell of a patient. @param probability - in [0, 1] */
export function scoreCell(positive: boolean, probability: number): number {
  const bin = Math.min(SCORE_BINS - 1, Math.max(0, Math.floor(probability * SCORE_BINS)));
  return (positive ? SCORE_BINS : 0) + bin;
}

/** What people read off a table of scores; absent where a denominator is not above 0. */
export interface ScoreFigures {
  readonly accuracy?: number;
  readonly sensitivity?: number;
  readonly specificity?: number;
  readonly positivePredictiveValue?: number;
  /** Area under the ROC curve of the bins, ties counted half. */
  readonly auroc?: number;
  /** Mean binary cross-entropy in nats, each patient at the middle of the bin. */
  readonly testLoss?: number;
}

/**
 * @param cells - one for each of {@link SCORE_TABLE}, in patients; noise may have made some negative, which count as 0
 */
export function figuresOfScores(cells: readonly number[]): ScoreFigures {
  const cell = (index: number): number => Math.max(0, cells[index] ?? 0);
  const bins = Array.from({ length: SCORE_BINS }, (_, bin) => ({ negative: cell(bin), positive: cell(SCORE_BINS + bin) }));
  const sum = (of: (bin: (typeof bins)[number], index: number) => number) => bins.reduce((total, bin, index) => total + of(bin, index), 0);
  const called = (index: number): boolean => index >= SCORE_BINS / 2;
  const tp = sum(({ positive }, index) => (called(index) ? positive : 0));
  const fp = sum(({ negative }, index) => (called(index) ? negative : 0));
  const positives = sum(({ positive }) => positive);
  const negatives = sum(({ negative }) => negative);
  let below = 0;
  const pairs = sum(({ negative, positive }) => {
    const value = positive * (below + negative / 2);
    below += negative;
    return value;
  });
  const loss = sum(({ negative, positive }, index) => {
    const middle = (index + 0.5) / SCORE_BINS;
    return -positive * Math.log(middle) - negative * Math.log(1 - middle);
  });
  const figures = {
    accuracy: (tp + negatives - fp) / (positives + negatives),
    sensitivity: tp / positives,
    specificity: (negatives - fp) / negatives,
    positivePredictiveValue: tp / (tp + fp),
    auroc: pairs / (positives * negatives),
    testLoss: loss / (positives + negatives),
  };
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
}
