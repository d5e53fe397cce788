import type { Tensor2D } from '@tensorflow/tfjs-core';
import { crossEntropy, sigmoid } from './logistic.js';
import type { Loss } from './loss.js';

/** Cross-entropy of one logit; the slope is σ(z) − y. Prediction: the probability of a positive outcome, in [0, 1]. */
export const binaryLoss: Loss = {
  on: (tf, y) => {
    const target = tf.tensor2d(y, [y.length, 1]);
    return { slope: (outputs) => tf.sub<Tensor2D>(tf.sigmoid(outputs), target), dispose: () => target.dispose() };
  },
  ofRows: (outputs, y) => Float64Array.from(outputs, (z, row) => crossEntropy(z, y[row] ?? 0)),
  width: 1,
  predict: (outputs) => Float64Array.from(outputs, sigmoid),
  scores: (outputs) => Float64Array.from(outputs),
};
