import type { Tensor2D } from '@tensorflow/tfjs-core';
import { crossEntropy, sigmoid } from './logistic.js';
import type { Loss } from './loss.js';

/** What one row says of each interval: at risk to the end of it or to the event, and whether the event came in it. */
interface Seen {
  /** Intervals that count, from the first one on. */
  readonly atRisk: number;
  /** Place of the event's interval, or −1. */
  readonly event: number;
}

/**
 * An event at time t belongs to the first interval whose end is at least t, and later than all of them it has not been seen
 * yet. A censored row counts where it was watched to an interval's end: part of an interval tells nothing of its hazard.
 */
export function seen(y: number, ends: readonly number[]): Seen {
  const time = Math.abs(y);
  const reached = ends.filter((end) => end <= time).length;
  if (y <= 0) return { atRisk: reached, event: -1 };
  const event = ends.findIndex((end) => end >= time);
  return event < 0 ? { atRisk: ends.length, event } : { atRisk: event + 1, event };
}

/**
 * Discrete-time survival (Singer and Willett 1993): σ(zₖ) is the hazard of interval k, and a row's loss is the cross-entropy
 * of "event in this interval?" over the intervals in which it was at risk; slope σ(zₖ) − [event in k] there, else 0.
 * Prediction: the probability of no event up to each end. Score: less the expected number of intervals without an event.
 * @param ends - upper ends of the intervals, ascending
 */
export function discreteSurvivalLoss(ends: readonly number[]): Loss {
  const intervals = ends.length;
  /** Places of outputs, in order: which row, which interval. */
  const survival = (outputs: Float32Array): Float64Array => {
    let alive = 1;
    return Float64Array.from(outputs, (z, at) => (alive = (at % intervals === 0 ? 1 : alive) * sigmoid(-z)));
  };
  return {
    on: (tf, y) => {
      const atRisk = new Float32Array(y.length * intervals);
      const event = new Float32Array(atRisk.length);
      for (const [row, value] of y.entries()) {
        const found = seen(value, ends);
        atRisk.fill(1, row * intervals, row * intervals + found.atRisk);
        if (found.event >= 0) event[row * intervals + found.event] = 1;
      }
      const tensors = [tf.tensor2d(atRisk, [y.length, intervals]), tf.tensor2d(event, [y.length, intervals])] as const;
      return {
        slope: (outputs) => tf.sub<Tensor2D>(tf.mul(tf.sigmoid(outputs), tensors[0]), tensors[1]),
        dispose: () => tensors.forEach((tensor) => tensor.dispose()),
      };
    },
    ofRows: (outputs, y) =>
      Float64Array.from(y, (value, row) => {
        const { atRisk, event } = seen(value, ends);
        let loss = 0;
        for (let k = 0; k < atRisk; k += 1) loss += crossEntropy(outputs[row * intervals + k] ?? 0, k === event ? 1 : 0);
        return loss;
      }),
    width: intervals,
    predict: survival,
    scores: (outputs) => {
      const alive = survival(outputs);
      return Float64Array.from(
        { length: outputs.length / intervals },
        (_, row) => -alive.subarray(row * intervals, (row + 1) * intervals).reduce((sum, p) => sum + p, 0),
      );
    },
  };
}
