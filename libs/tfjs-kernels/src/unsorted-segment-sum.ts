import type { Tensor } from '@tensorflow/tfjs-core';
import { wasmKernel, type KernelMaker } from './kernel.js';

interface Inputs {
  readonly x: Tensor;
  readonly segmentIds: Tensor;
}

/**
 * Missing in TensorFlow.js, and needed by the gradient of `gather` (embeddings): sums of the rows of x that share a
 * segment. `segmentIds` has the leading shape of x; a row whose id is outside [0, numSegments) is left out, as in
 * TensorFlow.
 * @returns [numSegments, …the rest of x's shape]
 */
export const unsortedSegmentSum: KernelMaker = (tf) =>
  wasmKernel<Inputs, { readonly numSegments: number }>(tf.UnsortedSegmentSum, ({ inputs: { x, segmentIds }, attrs, backend }) => {
    const inner = x.shape.slice(segmentIds.shape.length);
    const out = backend.makeOutput([attrs.numSegments, ...inner], x.dtype);
    const sums = backend.typedArrayFromHeap(out).fill(0);
    const values = backend.typedArrayFromHeap(x);
    const width = tf.util.sizeFromShape(inner);
    for (const [row, segment] of backend.typedArrayFromHeap(segmentIds).entries()) {
      if (segment < 0 || segment >= attrs.numSegments) continue;
      const from = row * width;
      const to = segment * width;
      for (let i = 0; i < width; i += 1) sums[to + i] = (sums[to + i] ?? 0) + (values[from + i] ?? 0);
    }
    return out;
  });
