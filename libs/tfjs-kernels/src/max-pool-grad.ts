import type { Tensor4D } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker, type Padding, type Pair, type Rounding } from './kernel.js';

interface Inputs {
  readonly dy: Tensor4D;
  readonly input: Tensor4D;
}
interface Attributes {
  readonly filterSize: Pair;
  readonly strides: Pair;
  readonly pad: Padding;
  readonly dimRoundingMode: Rounding;
}

/**
 * Wrong in TensorFlow.js wherever the pooled maximum is not above zero: there the shipped kernel finds no maximum, and
 * the gradient goes elsewhere. Here it goes to the first largest value of each window, as on the other backends.
 */
export const maxPoolGrad: KernelMaker = (tf) =>
  wasmKernel<Inputs, Attributes>(tf.MaxPoolGrad, ({ inputs: { dy, input }, attrs, backend }) => {
    const { filterSize, strides, pad, dimRoundingMode } = attrs;
    const info = tf.backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad, dimRoundingMode);
    const { inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth } = info;
    const out = backend.makeOutput(input.shape, 'float32');
    const gradient = backend.typedArrayFromHeap(out).fill(0);
    const x = backend.typedArrayFromHeap(input);
    const slopes = backend.typedArrayFromHeap(dy);
    let at = 0;
    for (let image = 0; image < info.batchSize; image += 1)
      for (let outRow = 0; outRow < outHeight; outRow += 1) {
        const top = outRow * strideHeight - info.padInfo.top;
        const rowEnd = Math.min(inHeight, top + info.filterHeight);
        for (let outColumn = 0; outColumn < outWidth; outColumn += 1) {
          const left = outColumn * strideWidth - info.padInfo.left;
          const firstColumn = Math.max(0, left);
          const columnEnd = Math.min(inWidth, left + info.filterWidth);
          for (let channel = 0; channel < inChannels; channel += 1, at += 1) {
            let largest = -Infinity;
            let place = -1;
            for (let row = Math.max(0, top); row < rowEnd; row += 1) {
              let from = ((image * inHeight + row) * inWidth + firstColumn) * inChannels + channel;
              for (let column = firstColumn; column < columnEnd; column += 1, from += inChannels) {
                const value = x[from] ?? 0;
                if (value > largest || place < 0) {
                  largest = value;
                  place = from;
                }
              }
            }
            if (place >= 0) gradient[place] = (gradient[place] ?? 0) + (slopes[at] ?? 0);
          }
        }
      }
    return out;
  });
