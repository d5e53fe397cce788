import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';

/** Sums over everything but the last axis: the slope of a bias that was added to every row and place. */
export function columnSums(tf: Engine, tensor: Tensor): Tensor1D {
  const columns = tensor.shape.at(-1) ?? 1;
  return tf.sum<Tensor1D>(tensor.rank === 2 ? tensor : tf.reshape(tensor, [-1, columns]), 0);
}
