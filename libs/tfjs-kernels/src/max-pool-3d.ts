import type { backend_util, Tensor5D } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker, type Rounding, type Shape5D, type Tf, type Triple } from './kernel.js';
import { largestInVolume } from './largest-in-volume.js';

interface Attributes {
  readonly filterSize: Triple;
  readonly strides: Triple;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode: Rounding;
}

const infoOf = (tf: Tf, shape: Shape5D, { filterSize, strides, pad, dimRoundingMode }: Attributes): backend_util.Conv3DInfo =>
  tf.backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);

/** Wrong in TensorFlow.js: the largest value of each window of volumes [batch, depth, height, width, channels]. */
export const maxPool3d: KernelMaker = (tf) =>
  wasmKernel<{ readonly x: Tensor5D }, Attributes>(tf.MaxPool3D, ({ inputs: { x }, attrs, backend }) => {
    const info = infoOf(tf, x.shape, attrs);
    const out = backend.makeOutput(info.outShape, x.dtype);
    const pooled = backend.typedArrayFromHeap(out);
    const values = backend.typedArrayFromHeap(x);
    for (const [at, place] of largestInVolume(info, values).entries()) pooled[at] = values[place] ?? -Infinity;
    return out;
  });

/** Wrong in TensorFlow.js: the gradient of {@link maxPool3d}, which goes to the first largest value of each window. */
export const maxPool3dGrad: KernelMaker = (tf) =>
  wasmKernel<{ readonly dy: Tensor5D; readonly input: Tensor5D }, Attributes>(
    tf.MaxPool3DGrad,
    ({ inputs: { dy, input }, attrs, backend }) => {
      const out = backend.makeOutput(input.shape, 'float32');
      const gradient = backend.typedArrayFromHeap(out).fill(0);
      const slopes = backend.typedArrayFromHeap(dy);
      const places = largestInVolume(infoOf(tf, input.shape, attrs), backend.typedArrayFromHeap(input));
      for (const [at, place] of places.entries()) if (place >= 0) gradient[place] = (gradient[place] ?? 0) + (slopes[at] ?? 0);
      return out;
    },
  );
