import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss } from './loss.js';

/** log(y!) for whole y: Stirling's series from 16 on (error below 1e-10), a sum before. */
function logFactorial(y: number): number {
  if (y < 16) {
    let sum = 0;
    for (let factor = 2; factor <= y; factor += 1) sum += Math.log(factor);
    return sum;
  }
  return (y + 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * y) - 1 / (360 * y ** 3) + 1 / (1260 * y ** 5);
}

/**
 * Poisson: the output is the logarithm of a rate, the loss e^z − y·z + log(y!), the slope e^z − y. Prediction: the expected
 * count. A rate beyond what 32 bits hold (z above 88) ends training as not finite: it would be no smaller elsewhere.
 */
export const countLoss: Loss = {
  on: (tf, y) => {
    const target = tf.tensor2d(y, [y.length, 1]);
    return { slope: (outputs) => tf.sub<Tensor2D>(tf.exp(outputs), target), dispose: () => target.dispose() };
  },
  ofRows: (outputs, y) =>
    Float64Array.from(outputs, (z, row) => {
      const count = y[row] ?? 0;
      return Math.exp(z) - count * z + logFactorial(count);
    }),
  width: 1,
  predict: (outputs) => Float64Array.from(outputs, Math.exp),
  scores: (outputs) => Float64Array.from(outputs),
};
