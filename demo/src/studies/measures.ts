/** What a model says of rows, and what was true, in the outcome's own unit. */
export interface Scored {
  /** Probability, predicted quantity, or risk: larger is more, later is less. */
  readonly prediction: Float64Array;
  /** 0 or 1, a quantity, or a signed time (negative: censored). */
  readonly truth: Float64Array;
}

export interface Measure {
  readonly name: string;
  readonly digits: number;
  readonly better: 'higher' | 'lower';
  /** NaN where it is not defined: one class, no pair. */
  readonly of: (scored: Scored) => number;
}

const share = (scored: Scored, right: (prediction: number, truth: number) => boolean): number =>
  scored.prediction.reduce((sum, value, row) => sum + (right(value, scored.truth[row] ?? Number.NaN) ? 1 : 0), 0) /
  scored.prediction.length;

export const ACCURACY: Measure = {
  name: 'accuracy',
  digits: 3,
  better: 'higher',
  of: (scored) => share(scored, (prediction, truth) => prediction >= 0.5 === (truth === 1)),
};

/** Mann and Whitney 1947, by ranks; ties count half. */
export const AUROC: Measure = {
  name: 'AUROC',
  digits: 3,
  better: 'higher',
  of: ({ prediction, truth }) => {
    const order = Array.from(prediction.keys()).sort((one, other) => (prediction[one] ?? 0) - (prediction[other] ?? 0));
    let rankSum = 0;
    let positives = 0;
    for (let start = 0; start < order.length;) {
      let end = start;
      while (end < order.length && prediction[order[end] ?? 0] === prediction[order[start] ?? 0]) end += 1;
      for (let place = start; place < end; place += 1)
        if (truth[order[place] ?? 0] === 1) {
          positives += 1;
          rankSum += (start + 1 + end) / 2;
        }
      start = end;
    }
    const negatives = order.length - positives;
    return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
  },
};

/** Harrell's C: of the pairs whose order in time is known, the share that the risk puts right; equal risks count half. */
export const C_INDEX: Measure = {
  name: 'C-index',
  digits: 3,
  better: 'higher',
  of: ({ prediction, truth }) => {
    let right = 0;
    let pairs = 0;
    for (let one = 0; one < truth.length; one += 1) {
      const time = truth[one] ?? 0;
      if (time < 0) continue;
      for (let other = 0; other < truth.length; other += 1) {
        const until = truth[other] ?? 0;
        // Seen later, or still under observation when the event came.
        if (!(Math.abs(until) > time || (Math.abs(until) === time && until < 0))) continue;
        pairs += 1;
        const difference = (prediction[one] ?? 0) - (prediction[other] ?? 0);
        right += difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
      }
    }
    return right / pairs;
  },
};

export const ABSOLUTE_ERROR: Measure = {
  name: 'mean absolute error',
  digits: 2,
  better: 'lower',
  of: ({ prediction, truth }) =>
    prediction.reduce((sum, value, row) => sum + Math.abs(value - (truth[row] ?? Number.NaN)), 0) / prediction.length,
};

export const WITHIN_FIFTH: Measure = {
  name: 'within 20 %',
  digits: 3,
  better: 'higher',
  of: (scored) => share(scored, (prediction, truth) => Math.abs(prediction - truth) <= 0.2 * truth),
};
