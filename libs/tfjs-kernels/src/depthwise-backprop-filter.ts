import type { Tensor4D } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker, type Padding, type Pair, type Rounding, type Shape4D } from './kernel.js';
import { windowInput } from './window-input.js';

interface Inputs {
  readonly x: Tensor4D;
  readonly dy: Tensor4D;
}
interface Attributes {
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pad: Padding;
  readonly dimRoundingMode: Rounding;
  readonly filterShape: Shape4D;
}

/**
 * Missing in TensorFlow.js: the gradient of a depthwise convolution by its filter [height, width, channels, multiplier],
 * one tap of the filter after the other.
 */
export const depthwiseBackpropFilter: KernelMaker = (tf) =>
  wasmKernel<Inputs, Attributes>(tf.DepthwiseConv2dNativeBackpropFilter, ({ inputs: { x, dy }, attrs }) =>
    tf.tidy(() => {
      const { strides, dilations, pad, dimRoundingMode, filterShape } = attrs;
      const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, dilations, pad, dimRoundingMode, true);
      const { batchSize, inChannels, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
      const [filterHeight, filterWidth, , multiplier] = filterShape;
      const input = windowInput(tf, x, info);
      const slopes = tf.reshape(dy, [batchSize * info.outHeight * info.outWidth, inChannels, multiplier]);
      const taps = [];
      for (let row = 0; row < filterHeight; row += 1)
        for (let column = 0; column < filterWidth; column += 1) {
          const begin: Shape4D = [0, row * dilationHeight, column * dilationWidth, 0];
          const end: Shape4D = [
            batchSize,
            begin[1] + (info.outHeight - 1) * strideHeight + 1,
            begin[2] + (info.outWidth - 1) * strideWidth + 1,
            inChannels,
          ];
          const met = tf.stridedSlice(input, begin, end, [1, strideHeight, strideWidth, 1]);
          taps.push(tf.sum(tf.mul(tf.reshape(met, [-1, inChannels, 1]), slopes), 0));
        }
      return tf.reshape(tf.stack(taps), filterShape);
    }),
  );
