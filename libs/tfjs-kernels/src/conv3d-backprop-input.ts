import type { Tensor2D, Tensor5D } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker, type Shape5D, type Triple } from './kernel.js';
import { tapsOf, visitWindows, windowsOf } from './volume-windows.js';

interface Inputs {
  readonly dy: Tensor5D;
  readonly filter: Tensor5D;
}
interface Attributes {
  readonly strides: Triple;
  readonly pad: 'valid' | 'same';
  readonly inputShape: Shape5D;
}

/**
 * Wrong in TensorFlow.js: the gradient of a 3D convolution by its input. Volume by volume: the output's gradient times
 * the filter's transpose is what each window gives to each voxel that it saw.
 */
export const conv3dBackpropInput: KernelMaker = (tf) =>
  wasmKernel<Inputs, Attributes>(tf.Conv3DBackpropInputV2, ({ inputs: { dy, filter }, attrs, backend }) => {
    const info = tf.backend_util.computeConv3DInfo(attrs.inputShape, filter.shape, attrs.strides, 1, attrs.pad);
    const { inChannels, outChannels, batchSize } = info;
    const windows = windowsOf(info);
    const columns = tapsOf(info) * inChannels;
    const out = backend.makeOutput(attrs.inputShape, 'float32');
    backend.typedArrayFromHeap(out).fill(0);
    tf.tidy(() => {
      const slopes: Tensor2D = tf.reshape(dy, [batchSize * windows, outChannels]);
      const weights: Tensor2D = tf.reshape(filter, [columns, outChannels]);
      for (let volume = 0; volume < batchSize; volume += 1)
        tf.tidy(() => {
          const given = tf.matMul(tf.slice(slopes, [volume * windows, 0], [windows, outChannels]), weights, false, true);
          const shares = backend.typedArrayFromHeap(given);
          const gradient = backend.typedArrayFromHeap(out);
          const start = volume * info.inDepth * info.inHeight * info.inWidth;
          visitWindows(info, (window, tap, voxel) => {
            const from = window * columns + tap * inChannels;
            const to = (start + voxel) * inChannels;
            for (let channel = 0; channel < inChannels; channel += 1)
              gradient[to + channel] = (gradient[to + channel] ?? 0) + (shares[from + channel] ?? 0);
          });
        });
    });
    return out;
  });
