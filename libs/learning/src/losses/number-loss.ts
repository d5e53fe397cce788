import type { Outcome } from '@consilium/protocol';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss } from './loss.js';

type Scaled = Pick<Extract<Outcome, { type: 'number' }>, 'transform' | 'center' | 'scale'>;

/** The quantity in its own unit, from the scaled one that the model gives. A negative root is one of nothing. */
function inUnit({ transform, center, scale }: Scaled, value: number): number {
  const transformed = value * scale + center;
  switch (transform) {
    case 'none':
      return transformed;
    case 'sqrt':
      return Math.max(0, transformed) ** 2;
    case 'log':
      return Math.exp(transformed);
  }
}

/**
 * Half the squared error of the scaled quantity, ½(z − y)²; slope z − y. Prediction: the quantity in its own unit, by the
 * inverse of the transform (for sqrt and log an estimate of the median, not of the mean).
 */
export const numberLoss = (outcome: Scaled): Loss => ({
  on: (tf, y) => {
    const target = tf.tensor2d(y, [y.length, 1]);
    return { slope: (outputs) => tf.sub<Tensor2D>(outputs, target), dispose: () => target.dispose() };
  },
  ofRows: (outputs, y) => Float64Array.from(outputs, (z, row) => (z - (y[row] ?? 0)) ** 2 / 2),
  width: 1,
  predict: (outputs) => Float64Array.from(outputs, (z) => inUnit(outcome, z)),
  scores: (outputs) => Float64Array.from(outputs),
});
