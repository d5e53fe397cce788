import type { Layer } from '@consilium/protocol';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import { tensorOf, type Weights } from '../network/weights.js';
import { columnSums } from './column-sums.js';
import type { LayerPass } from './layer-pass.js';

/**
 * Two-dimensional convolution (cross-correlation) of x [rows, height, width, channels] with `same` padding, channels last.
 * A step wider than the kernel is refused with the study: engines give zeros there (FACTS of this stack).
 */
export function convolution(
  tf: Engine,
  { name, stride }: Extract<Layer, { kind: 'convolution' }>,
  x: Tensor4D,
  weights: Weights,
): LayerPass {
  const kernel = tensorOf<Tensor4D>(weights, `${name}/kernel`);
  const attributes = { strides: [stride, stride], pad: 'same', dataFormat: 'NHWC' } as const;
  return {
    output: tf.add(tf.conv2d(x, kernel, stride, 'same'), tensorOf<Tensor1D>(weights, `${name}/bias`)),
    inputSlope: (slope: Tensor): Tensor =>
      tf.engine().runKernel(tf.Conv2DBackpropInput, { dy: slope, filter: kernel }, { ...attributes, inputShape: x.shape }),
    tensorSlopes: (slope: Tensor) => ({
      kernel: tf.engine().runKernel<Tensor>(tf.Conv2DBackpropFilter, { x, dy: slope }, { ...attributes, filterShape: kernel.shape }),
      bias: columnSums(tf, slope),
    }),
  };
}
