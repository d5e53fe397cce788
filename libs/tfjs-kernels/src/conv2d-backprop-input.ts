import type { Tensor4D } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker, type Padding, type Pair, type Rounding, type Shape4D } from './kernel.js';
import { spreadByStride } from './spread-by-stride.js';

interface Inputs {
  readonly dy: Tensor4D;
  readonly filter: Tensor4D;
}
interface Attributes {
  readonly strides: Pair;
  readonly pad: Padding;
  readonly dimRoundingMode: Rounding;
  readonly inputShape: Shape4D;
}

/**
 * Slow in TensorFlow.js (a loop without vector instructions): the gradient of a 2D convolution by its input, as the
 * convolution of the output's gradient, spread by the stride, with the filter turned by half a turn.
 */
export const conv2dBackpropInput: KernelMaker = (tf) =>
  wasmKernel<Inputs, Attributes>(tf.Conv2DBackpropInput, ({ inputs: { dy, filter }, attrs }) =>
    tf.tidy(() => {
      const { strides, pad, dimRoundingMode, inputShape } = attrs;
      const info = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode);
      const { inHeight, inWidth, filterHeight, filterWidth, padInfo } = info;
      const spread = spreadByStride(tf, dy, info.strideHeight, info.strideWidth);
      // What the windows touch, and at least the whole input: the crop below takes the input out of it.
      const height = Math.max(spread.shape[1] + filterHeight - 1, inHeight + padInfo.top);
      const width = Math.max(spread.shape[2] + filterWidth - 1, inWidth + padInfo.left);
      const full = tf.pad(spread, [
        [0, 0],
        [filterHeight - 1, height - spread.shape[1]],
        [filterWidth - 1, width - spread.shape[2]],
        [0, 0],
      ]);
      const turned = tf.transpose<Tensor4D>(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
      const gradient = tf.conv2d(full, turned, 1, 'valid');
      return tf.slice(gradient, [0, padInfo.top, padInfo.left, 0], inputShape);
    }),
  );
