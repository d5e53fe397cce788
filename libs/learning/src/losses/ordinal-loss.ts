import type { Tensor2D } from '@tensorflow/tfjs-core';
import { crossEntropy, sigmoid } from './logistic.js';
import type { Loss } from './loss.js';

/**
 * Levels in order as `levels − 1` yes-or-no questions "above level k?", one score with a cut point each (Cao, Mirjalili,
 * Raschka 2020, equations 4 and 5, all questions of the same weight): Σₖ cross-entropy(zₖ, y > k), slope σ(zₖ) − [y > k].
 * Prediction: the probability of each level, the lowest first; score: the expected level.
 */
export function ordinalLoss(levels: number): Loss {
  const cuts = levels - 1;
  /** P(y > k) for each k; made to fall with k, as it does once the cut points have found their order. */
  const above = (outputs: Float32Array, row: number): Float64Array => {
    let lowest = 1;
    return Float64Array.from(outputs.subarray(row * cuts, (row + 1) * cuts), (z) => (lowest = Math.min(lowest, sigmoid(z))));
  };
  return {
    on: (tf, y) => {
      const target = tf.tensor2d(
        Float32Array.from({ length: y.length * cuts }, (_, at) => ((y[Math.floor(at / cuts)] ?? 0) > at % cuts ? 1 : 0)),
        [y.length, cuts],
      );
      return { slope: (outputs) => tf.sub<Tensor2D>(tf.sigmoid(outputs), target), dispose: () => target.dispose() };
    },
    ofRows: (outputs, y) => {
      const losses = new Float64Array(y.length);
      for (const [at, z] of outputs.entries()) {
        const row = Math.floor(at / cuts);
        losses[row] = (losses[row] ?? 0) + crossEntropy(z, (y[row] ?? 0) > at % cuts ? 1 : 0);
      }
      return losses;
    },
    width: levels,
    predict: (outputs) => {
      const probabilities = new Float64Array((outputs.length / cuts) * levels);
      for (let row = 0; row < outputs.length / cuts; row += 1) {
        const tail = above(outputs, row);
        for (let level = 0; level < levels; level += 1)
          probabilities[row * levels + level] = (level === 0 ? 1 : (tail[level - 1] ?? 0)) - (tail[level] ?? 0);
      }
      return probabilities;
    },
    scores: (outputs) =>
      Float64Array.from({ length: outputs.length / cuts }, (_, row) => above(outputs, row).reduce((sum, p) => sum + p, 0)),
  };
}
