import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Tf } from './kernel.js';

/**
 * Puts stride − 1 zeros between the rows and between the columns: how a gradient that came through a strided window
 * lies in the input.
 * @param dy - [batch, rows, columns, channels]
 * @returns [batch, (rows − 1)·strideHeight + 1, (columns − 1)·strideWidth + 1, channels]; `dy` itself where both strides are 1
 */
export function spreadByStride(tf: Tf, dy: Tensor4D, strideHeight: number, strideWidth: number): Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return dy;
  const [batch, rows, columns, channels] = dy.shape;
  const lone = tf.reshape(dy, [batch, rows, 1, columns, 1, channels]);
  const none: [number, number] = [0, 0];
  const spread = tf.pad(lone, [none, none, [0, strideHeight - 1], none, [0, strideWidth - 1], none]);
  const whole: Tensor4D = tf.reshape(spread, [batch, rows * strideHeight, columns * strideWidth, channels]);
  return tf.slice(whole, [0, 0, 0, 0], [batch, (rows - 1) * strideHeight + 1, (columns - 1) * strideWidth + 1, channels]);
}
