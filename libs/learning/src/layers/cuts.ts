import type { Layer } from '@consilium/protocol';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import { tensorOf, type Weights } from '../network/weights.js';
import { columnSums } from './column-sums.js';
import type { LayerPass } from './layer-pass.js';

/**
 * One score x·kernel [rows, 1] under a bias for each cut point: [rows, cuts]. The shared slope keeps cut points in order
 * (Cao, Mirjalili, Raschka 2020, theorem 1), and is the proportional odds of hazards over time (Singer and Willett 1993).
 * @param transposed - x transposed, where somebody has it already
 */
export function cuts(
  tf: Engine,
  { name }: Extract<Layer, { kind: 'cuts' }>,
  x: Tensor2D,
  weights: Weights,
  transposed?: Tensor2D,
): LayerPass {
  const kernel = tensorOf<Tensor2D>(weights, `${name}/kernel`);
  const scoreSlope = (slope: Tensor): Tensor2D => tf.sum(slope, 1, true);
  return {
    output: tf.add<Tensor2D>(tf.matMul(x, kernel), tensorOf<Tensor1D>(weights, `${name}/bias`)),
    inputSlope: (slope) => tf.matMul(scoreSlope(slope), tf.transpose(kernel)),
    tensorSlopes: (slope) => ({
      kernel: tf.matMul(transposed ?? tf.transpose(x), scoreSlope(slope)),
      bias: columnSums(tf, slope),
    }),
  };
}
