import type { Outcome } from '@consilium/protocol';

/** log(1 + e^z), which overflows nowhere. */
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** −log p of a yes or no whose logit is z. */
const crossEntropy = (z: number, yes: boolean): number => softplus(yes ? -z : z);

/**
 * Loss of one record, not below 0, in nats; of a number its squared error on the scale of `y`. A Cox model's loss is that of
 * a whole risk set and has no share of one record: 0 here.
 * @param outputs - what the last layer gave @param y - as `Outcome` defines it
 */
export function rowLoss(outcome: Outcome, outputs: Float32Array, y: number): number {
  const first = outputs[0] ?? Number.NaN;
  switch (outcome.type) {
    case 'binary':
      return crossEntropy(first, y === 1);
    case 'class': {
      const largest = outputs.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
      const total = outputs.reduce((sum, output) => sum + Math.exp(output - largest), 0);
      return Math.max(0, largest + Math.log(total) - (outputs[y] ?? Number.NaN));
    }
    case 'ordinal': {
      // P(level = y) = P(above y − 1) − P(above y); 1 below the first and 0 above the last.
      const above = (cut: number): number => (cut < 0 ? 1 : cut >= outputs.length ? 0 : 1 / (1 + Math.exp(-(outputs[cut] ?? Number.NaN))));
      return -Math.log(Math.max(Number.MIN_VALUE, above(y - 1) - above(y)));
    }
    case 'number':
      return (first - y) ** 2;
    case 'count':
      // Half the Poisson deviance: 0 for a perfect rate (McCullagh and Nelder 1989, section 2.3).
      return Math.max(0, Math.exp(first) - y * first - (y > 0 ? y - y * Math.log(y) : 0));
    case 'survival': {
      if (!outcome.intervals) return 0;
      const time = Math.abs(y);
      let loss = 0;
      for (const [interval, end] of outcome.intervals.entries()) {
        const logit = outputs[interval] ?? Number.NaN;
        if (time > end) loss += crossEntropy(logit, false);
        else {
          // The event happened in this interval, or the observation ended in it, of which nothing more is known.
          if (y > 0) loss += crossEntropy(logit, true);
          break;
        }
      }
      return loss;
    }
  }
}

/**
 * Each patient's part of the negative log partial likelihood with Breslow ties (Cox 1975; Breslow 1974): log of the sum
 * of hazards of all at risk at an event, less the patient's own log hazard; 0 where no event was seen.
 * @param times - negative where the event was not seen @param scores - log hazard ratios
 */
export function coxLosses(times: Float64Array, scores: Float64Array): Float64Array {
  const losses = new Float64Array(times.length);
  const order = Array.from(times.keys()).sort((one, other) => Math.abs(times[other] ?? 0) - Math.abs(times[one] ?? 0));
  let largest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let start = 0; start < order.length;) {
    const time = Math.abs(times[order[start] ?? 0] ?? 0);
    let end = start;
    for (; end < order.length && Math.abs(times[order[end] ?? 0] ?? 0) === time; end += 1) {
      const score = scores[order[end] ?? 0] ?? 0;
      const next = Math.max(largest, score);
      sum = sum * Math.exp(largest - next) + Math.exp(score - next);
      largest = next;
    }
    for (const patient of order.slice(start, end))
      if ((times[patient] ?? 0) > 0) losses[patient] = Math.max(0, largest + Math.log(sum) - (scores[patient] ?? 0));
    start = end;
  }
  return losses;
}
