import type { Tensor } from '@tensorflow/tfjs-core';
import { aroundShipped, type KernelMaker, type Tf } from './kernel.js';

interface Inputs {
  readonly a: Tensor;
  readonly b: Tensor;
}
interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Exchanges the last two axes. */
function turned(tf: Tf, matrix: Tensor): Tensor {
  const axes = matrix.shape.map((_, axis) => axis);
  const rest = axes.slice(0, -2);
  return tf.transpose(matrix, [...rest, axes.length - 1, axes.length - 2]);
}

/**
 * Slow in TensorFlow.js when an operand is to be transposed: only plain products go to XNNPACK, others through a naive
 * loop. Here the operand is transposed first.
 */
export const batchMatMul: KernelMaker = (tf) =>
  aroundShipped<Inputs, Attributes>(tf, tf.BatchMatMul, (call, shipped) => {
    const { inputs, attrs, backend } = call;
    if (!attrs.transposeA && !attrs.transposeB) return shipped(call);
    const a = attrs.transposeA ? turned(tf, inputs.a) : inputs.a;
    const b = attrs.transposeB ? turned(tf, inputs.b) : inputs.b;
    const product = shipped({ inputs: { a, b }, attrs: { transposeA: false, transposeB: false }, backend });
    if (a !== inputs.a) a.dispose();
    if (b !== inputs.b) b.dispose();
    return product;
  });
