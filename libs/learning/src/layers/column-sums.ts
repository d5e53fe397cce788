import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';

/**
 * Sums over everything but the last axis: the slope of a bias that was added to every row and place. Where there are many
 * places a product with ones: WebAssembly would transpose the tensor for a sum over an outer axis (five times slower).
 */
export function columnSums(tf: Engine, tensor: Tensor): Tensor1D {
  if (tensor.rank === 2) return tf.sum<Tensor1D>(tensor, 0);
  const columns = tensor.shape.at(-1) ?? 1;
  const places = tensor.size / columns;
  return tf.reshape(tf.matMul(tf.ones([1, places]), tf.reshape(tensor, [places, columns])), [columns]);
}
