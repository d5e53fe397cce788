import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss } from './loss.js';

/** Probabilities of one row, from its logits less their maximum. */
export function softmax(logits: Float32Array): Float64Array {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(logits, (z) => Math.exp(z - highest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

/**
 * Cross-entropy over a logit for each class; the slope is softmax(z) − y as one in `classes`. `y` is the class's place.
 * Prediction: the probability of each class, in the order of the levels; they sum to 1.
 */
export function classLoss(classes: number): Loss {
  const rowsOf = (outputs: Float32Array) =>
    Array.from({ length: outputs.length / classes }, (_, row) => outputs.subarray(row * classes, (row + 1) * classes));
  return {
    on: (tf, y) => {
      const one = new Float32Array(y.length * classes);
      for (const [row, place] of y.entries()) one[row * classes + place] = 1;
      const target = tf.tensor2d(one, [y.length, classes]);
      return { slope: (outputs) => tf.sub<Tensor2D>(tf.softmax(outputs), target), dispose: () => target.dispose() };
    },
    ofRows: (outputs, y) =>
      Float64Array.from(rowsOf(outputs), (logits, row) => {
        const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
        const total = logits.reduce((sum, z) => sum + Math.exp(z - highest), 0);
        return highest - (logits[y[row] ?? 0] ?? 0) + Math.log(total);
      }),
    width: classes,
    predict: (outputs) => {
      const probabilities = new Float64Array(outputs.length);
      for (const [row, logits] of rowsOf(outputs).entries()) probabilities.set(softmax(logits), row * classes);
      return probabilities;
    },
  };
}
