import type { Layer } from '@consilium/protocol';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import { tensorOf, type Weights } from '../network/weights.js';
import type { LayerPass } from './layer-pass.js';

/**
 * The mean of the kernel's rows that a record's tokens name, [rows, units]. Token 0 is padding: it counts for nothing, and
 * a record of nothing else is all zeros. Tokens themselves have no slope.
 * @param x - whole numbers [rows, tokens], each 0 to buckets − 1
 */
export function embedding(
  tf: Engine,
  { name, tokens, buckets, units }: Extract<Layer, { kind: 'embedding' }>,
  x: Tensor2D,
  weights: Weights,
): LayerPass {
  const kernel = tensorOf<Tensor2D>(weights, `${name}/kernel`);
  const rows = x.shape[0];
  const ids: Tensor1D = tf.reshape(tf.cast(x, 'int32'), [rows * tokens]);
  // Tokens are at least 1, or padding: the step is 1 for the first and 0 for the second.
  const real: Tensor2D = tf.step(x);
  const share: Tensor2D = tf.div(real, tf.maximum(tf.sum(real, 1, true), 1));
  const named = tf.reshape(tf.gather(kernel, ids), [rows, tokens, units]);
  return {
    output: tf.reshape(tf.matMul(tf.reshape(share, [rows, 1, tokens]), named), [rows, units]),
    inputSlope: () => tf.zerosLike(x),
    tensorSlopes: (slope: Tensor) => {
      const each = tf.matMul(tf.reshape(share, [rows, tokens, 1]), tf.reshape(slope, [rows, 1, units]));
      return { kernel: tf.unsortedSegmentSum(tf.reshape(each, [rows * tokens, units]), ids, buckets) };
    },
  };
}
