import type { Outcome } from '@consilium/protocol';

/** log(1 + e^z), which overflows nowhere. */
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** −log p of a yes or no whose logit is z. */
const crossEntropy = (z: number, yes: boolean): number => softplus(yes ? -z : z);

/**
 * Loss of one record, not below 0, in nats; of a number half its squared error on the scale of `y`. A Cox model's loss is that of
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
    case 'ordinal':
      // One yes or no for each cut point: is the level above it? (Cao, Mirjalili, Raschka 2020, equation 5.)
      return outputs.reduce((sum, output, cut) => sum + crossEntropy(output, y > cut), 0);
    case 'number':
      return (first - y) ** 2 / 2;
    case 'count':
      // Half the Poisson deviance: 0 for a perfect rate (McCullagh and Nelder 1989, section 2.3).
      return Math.max(0, Math.exp(first) - y * first - (y > 0 ? y - y * Math.log(y) : 0));
    case 'survival': {
      if (!outcome.intervals) return 0;
      const time = Math.abs(y);
      let loss = 0;
      for (const [interval, end] of outcome.intervals.entries()) {
        const logit = outputs[interval] ?? Number.NaN;
        if (y > 0 ? time > end : time >= end) loss += crossEntropy(logit, false);
        else {
          // Of an interval that was watched in part nothing is known.
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
