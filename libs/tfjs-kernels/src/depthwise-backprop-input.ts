import type { Tensor4D } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker, type Padding, type Pair, type Rounding, type Shape4D } from './kernel.js';
import { spreadByStride } from './spread-by-stride.js';

interface Inputs {
  readonly dy: Tensor4D;
  readonly filter: Tensor4D;
}
interface Attributes {
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pad: Padding;
  readonly dimRoundingMode: Rounding;
  readonly inputShape: Shape4D;
}

/**
 * Missing in TensorFlow.js: the gradient of a depthwise convolution by its input: for each tap of the filter the
 * output's gradient, spread by the stride, times that tap, moved to where the tap looked.
 */
export const depthwiseBackpropInput: KernelMaker = (tf) =>
  wasmKernel<Inputs, Attributes>(tf.DepthwiseConv2dNativeBackpropInput, ({ inputs: { dy, filter }, attrs }) =>
    tf.tidy(() => {
      const { strides, dilations, pad, dimRoundingMode, inputShape } = attrs;
      const info = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, dilations, pad, dimRoundingMode, true);
      const { batchSize, inChannels, inHeight, inWidth, padInfo, dilationHeight, dilationWidth } = info;
      const [filterHeight, filterWidth, , multiplier] = filter.shape;
      const spread = spreadByStride(tf, dy, info.strideHeight, info.strideWidth);
      const [, rows, columns] = spread.shape;
      const height = Math.max(rows + (filterHeight - 1) * dilationHeight, inHeight + padInfo.top);
      const width = Math.max(columns + (filterWidth - 1) * dilationWidth, inWidth + padInfo.left);
      const terms: Tensor4D[] = [];
      for (let row = 0; row < filterHeight; row += 1)
        for (let column = 0; column < filterWidth; column += 1) {
          const tap = tf.reshape(tf.slice(filter, [row, column, 0, 0], [1, 1, inChannels, multiplier]), [inChannels * multiplier]);
          const product = tf.mul<Tensor4D>(spread, tap);
          const term: Tensor4D =
            multiplier === 1 ? product : tf.sum(tf.reshape(product, [batchSize, rows, columns, inChannels, multiplier]), 4);
          const above = row * dilationHeight;
          const before = column * dilationWidth;
          terms.push(
            tf.pad(term, [
              [0, 0],
              [above, height - above - rows],
              [before, width - before - columns],
              [0, 0],
            ]),
          );
        }
      return tf.slice(tf.addN(terms), [0, padInfo.top, padInfo.left, 0], inputShape);
    }),
  );
