import type { Outcome } from '@consilium/protocol';
import { softmax } from '../losses/class-loss.js';
import { seen } from '../losses/discrete-survival-loss.js';
import { sigmoid } from '../losses/logistic.js';

/** Writes d loss / d outputs of one record. @param y - its outcome, as `Outcome` defines it */
export type RecordSlope = (outputs: Float32Array, y: number, slopes: Float32Array) => void;

/**
 * The slopes of `losses/`, record by record and in 64 bits.
 * @throws TypeError for Cox regression, whose risk sets mix patients
 */
export function recordSlope(outcome: Outcome): RecordSlope {
  switch (outcome.type) {
    case 'binary':
      return ofEach((z, y) => sigmoid(z) - y);
    case 'class':
      return (outputs, y, slopes) => {
        slopes.set(softmax(outputs));
        slopes[y] = (slopes[y] ?? 0) - 1;
      };
    case 'ordinal':
      return ofEach((z, y, k) => sigmoid(z) - (y > k ? 1 : 0));
    case 'number':
      return ofEach((z, y) => z - y);
    case 'count':
      return ofEach((z, y) => Math.exp(z) - y);
    case 'survival':
      if (!outcome.intervals) throw new TypeError('Cox regression has no slope of a single record');
      return discreteSurvivalSlope(outcome.intervals);
  }
}

const ofEach =
  (slope: (z: number, y: number, k: number) => number): RecordSlope =>
  (outputs, y, slopes) => {
    for (let k = 0; k < outputs.length; k += 1) slopes[k] = slope(outputs[k] ?? 0, y, k);
  };

function discreteSurvivalSlope(ends: readonly number[]): RecordSlope {
  return (outputs, y, slopes) => {
    const { atRisk, event } = seen(y, ends);
    slopes.fill(0);
    for (let k = 0; k < atRisk; k += 1) slopes[k] = sigmoid(outputs[k] ?? 0);
    if (event >= 0) slopes[event] = (slopes[event] ?? 0) - 1;
  };
}
