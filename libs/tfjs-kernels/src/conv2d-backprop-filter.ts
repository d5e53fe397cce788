import type { Tensor4D } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker, type Padding, type Pair, type Rounding, type Shape4D } from './kernel.js';
import { windowInput } from './window-input.js';

interface Inputs {
  readonly x: Tensor4D;
  readonly dy: Tensor4D;
}
interface Attributes {
  readonly strides: Pair;
  readonly pad: Padding;
  readonly dimRoundingMode: Rounding;
  readonly filterShape: Shape4D;
}

/**
 * Missing in TensorFlow.js: the gradient of a 2D convolution by its filter, which is itself a convolution: the input
 * with batch and channels exchanged, filtered by the output's gradient, dilated by the stride.
 */
export const conv2dBackpropFilter: KernelMaker = (tf) =>
  wasmKernel<Inputs, Attributes>(tf.Conv2DBackpropFilter, ({ inputs: { x, dy }, attrs }) =>
    tf.tidy(() => {
      const { strides, pad, dimRoundingMode, filterShape } = attrs;
      const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
      const input = tf.transpose<Tensor4D>(windowInput(tf, x, info), [3, 1, 2, 0]);
      const filter = tf.transpose<Tensor4D>(dy, [1, 2, 0, 3]);
      const gradient = tf.conv2d(input, filter, 1, 'valid', 'NHWC', [info.strideHeight, info.strideWidth]);
      return tf.transpose(gradient, [1, 2, 0, 3]);
    }),
  );
