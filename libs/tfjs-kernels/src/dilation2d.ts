import type { backend_util, Tensor3D, Tensor4D, TensorInfo, TypedArray } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker, type Pair, type Tf } from './kernel.js';

interface Inputs {
  readonly x: Tensor4D;
  readonly filter: Tensor3D;
}
interface WithSlopes extends Inputs {
  readonly dy: Tensor4D;
}
interface Attributes {
  readonly strides: Pair;
  readonly pad: 'valid' | 'same';
  readonly dilations: Pair;
}
/** What one element of the output comes from. */
type Visit = (at: number, largest: number, inputPlace: number, filterPlace: number) => void;

/** Finds for each element of the output, in its order, the first largest value + filter of its window. */
function visitLargest(info: backend_util.Conv2DInfo, x: TypedArray, filter: TypedArray, visit: Visit): void {
  const { inHeight, inWidth, inChannels, filterHeight, filterWidth, padInfo } = info;
  let at = 0;
  for (let image = 0; image < info.batchSize; image += 1)
    for (let outRow = 0; outRow < info.outHeight; outRow += 1)
      for (let outColumn = 0; outColumn < info.outWidth; outColumn += 1)
        for (let channel = 0; channel < inChannels; channel += 1, at += 1) {
          let largest = -Infinity;
          let inputPlace = -1;
          let filterPlace = -1;
          for (let tapRow = 0; tapRow < filterHeight; tapRow += 1) {
            const row = outRow * info.strideHeight - padInfo.top + tapRow * info.dilationHeight;
            if (row < 0 || row >= inHeight) continue;
            for (let tapColumn = 0; tapColumn < filterWidth; tapColumn += 1) {
              const column = outColumn * info.strideWidth - padInfo.left + tapColumn * info.dilationWidth;
              if (column < 0 || column >= inWidth) continue;
              const from = ((image * inHeight + row) * inWidth + column) * inChannels + channel;
              const tap = (tapRow * filterWidth + tapColumn) * inChannels + channel;
              const value = (x[from] ?? 0) + (filter[tap] ?? 0);
              if (value > largest || inputPlace < 0) [largest, inputPlace, filterPlace] = [value, from, tap];
            }
          }
          visit(at, largest, inputPlace, filterPlace);
        }
}

const infoOf = (tf: Tf, { x, filter }: Inputs, { strides, pad, dilations }: Attributes): backend_util.Conv2DInfo =>
  tf.backend_util.computeDilation2DInfo(x.shape, filter.shape, strides, pad, 'NHWC', dilations);

/** Wrong in TensorFlow.js: the grey-scale dilation, the largest of value + filter in each window. */
export const dilation2d: KernelMaker = (tf) =>
  wasmKernel<Inputs, Attributes>(tf.Dilation2D, ({ inputs, attrs, backend }) => {
    const info = infoOf(tf, inputs, attrs);
    const out = backend.makeOutput(info.outShape, 'float32');
    const dilated = backend.typedArrayFromHeap(out);
    const [x, filter] = [backend.typedArrayFromHeap(inputs.x), backend.typedArrayFromHeap(inputs.filter)];
    visitLargest(info, x, filter, (at, largest) => (dilated[at] = largest));
    return out;
  });

/** Wrong in TensorFlow.js: the gradients of {@link dilation2d} go to the first largest pair of value and filter. */
function dilationGradient(tf: Tf, name: string, by: 'x' | 'filter') {
  return wasmKernel<WithSlopes, Attributes>(name, ({ inputs, attrs, backend }): TensorInfo => {
    const out = backend.makeOutput(inputs[by].shape, 'float32');
    const gradient = backend.typedArrayFromHeap(out).fill(0);
    const slopes = backend.typedArrayFromHeap(inputs.dy);
    const [x, filter] = [backend.typedArrayFromHeap(inputs.x), backend.typedArrayFromHeap(inputs.filter)];
    visitLargest(infoOf(tf, inputs, attrs), x, filter, (at, _, inputPlace, filterPlace) => {
      const place = by === 'x' ? inputPlace : filterPlace;
      if (place >= 0) gradient[place] = (gradient[place] ?? 0) + (slopes[at] ?? 0);
    });
    return out;
  });
}

export const dilation2dBackpropInput: KernelMaker = (tf) => dilationGradient(tf, tf.Dilation2DBackpropInput, 'x');
export const dilation2dBackpropFilter: KernelMaker = (tf) => dilationGradient(tf, tf.Dilation2DBackpropFilter, 'filter');
