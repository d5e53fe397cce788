import type { Tensor2D, Tensor5D } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker, type Shape5D, type Triple } from './kernel.js';
import { tapsOf, visitWindows, windowsOf } from './volume-windows.js';

interface Inputs {
  readonly x: Tensor5D;
  readonly dy: Tensor5D;
}
interface Attributes {
  readonly strides: Triple;
  readonly pad: 'valid' | 'same';
  readonly filterShape: Shape5D;
}

/**
 * Wrong in TensorFlow.js: the gradient of a 3D convolution by its filter. Volume by volume: what each window sees as a
 * row of a matrix, whose transpose times the output's gradient is that volume's share.
 */
export const conv3dBackpropFilter: KernelMaker = (tf) =>
  wasmKernel<Inputs, Attributes>(tf.Conv3DBackpropFilterV2, ({ inputs: { x, dy }, attrs, backend }) =>
    tf.tidy(() => {
      const info = tf.backend_util.computeConv3DInfo(x.shape, attrs.filterShape, attrs.strides, 1, attrs.pad);
      const { inChannels, outChannels, batchSize } = info;
      const windows = windowsOf(info);
      const columns = tapsOf(info) * inChannels;
      const slopes: Tensor2D = tf.reshape(dy, [batchSize * windows, outChannels]);
      const share = (volume: number): Tensor2D => {
        const matrix = backend.makeOutput([windows, columns], 'float32');
        const seen = backend.typedArrayFromHeap(matrix).fill(0);
        const voxels = backend.typedArrayFromHeap(x);
        const start = volume * info.inDepth * info.inHeight * info.inWidth;
        visitWindows(info, (window, tap, voxel) => {
          const from = (start + voxel) * inChannels;
          seen.set(voxels.subarray(from, from + inChannels), window * columns + tap * inChannels);
        });
        const rows = tf.engine().makeTensorFromTensorInfo(matrix);
        return tf.matMul(rows, tf.slice(slopes, [volume * windows, 0], [windows, outChannels]), true, false);
      };
      let sum = tf.tidy(() => share(0));
      for (let volume = 1; volume < batchSize; volume += 1) {
        const before = sum;
        sum = tf.tidy(() => tf.add<Tensor2D>(before, share(volume)));
        before.dispose();
      }
      return tf.reshape(sum, attrs.filterShape);
    }),
  );
