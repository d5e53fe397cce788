import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { aroundShipped, type KernelCall, type KernelMaker, type Tf } from './kernel.js';

interface Inputs {
  readonly x: Tensor;
}
interface Attributes {
  readonly begin: number | number[];
  readonly size: number | number[];
}

/** Copies run by run: `size` elements an axis from `begin`, both as long as the shape. */
function copy(tf: Tf, { inputs: { x }, backend }: KernelCall<Inputs, Attributes>, begin: number[], size: number[]): TensorInfo {
  const out = backend.makeOutput(size, x.dtype);
  const to = backend.typedArrayFromHeap(out);
  const from = backend.typedArrayFromHeap(x);
  if (to.length === 0) return out;
  // Axes that are taken whole join the run of the axis before them.
  let axis = size.length - 1;
  let run = size[axis] ?? 1;
  while (axis > 0 && size[axis] === x.shape[axis]) {
    axis -= 1;
    run *= size[axis] ?? 1;
  }
  const strides = [...tf.util.computeStrides(x.shape), 1];
  const outer = size.slice(0, axis);
  const place = outer.map(() => 0);
  const first = begin.reduce((sum, start, at) => sum + start * (strides[at] ?? 1), 0);
  for (let written = 0, source = first; written < to.length; written += run) {
    to.set(from.subarray(source, source + run), written);
    for (let at = outer.length - 1; at >= 0; at -= 1) {
      const next = (place[at] ?? 0) + 1;
      source += strides[at] ?? 1;
      place[at] = next;
      if (next < (outer[at] ?? 1)) break;
      place[at] = 0;
      source -= next * (strides[at] ?? 1);
    }
  }
  return out;
}

/** Slow in TensorFlow.js, which copies the whole input out of the heap before it takes a part of it. */
export const slice: KernelMaker = (tf) =>
  aroundShipped<Inputs, Attributes>(tf, tf.Slice, (call, shipped) => {
    const { x } = call.inputs;
    if (x.dtype === 'string' || x.shape.length === 0) return shipped(call);
    const [begin = [], size = []] = tf.slice_util.parseSliceParams(x, call.attrs.begin, call.attrs.size);
    return copy(tf, call, begin, size);
  });
