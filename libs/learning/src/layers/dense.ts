import type { Layer } from '@consilium/protocol';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import { tensorOf, type Weights } from '../network/weights.js';
import { columnSums } from './column-sums.js';
import type { LayerPass, LayerTensors } from './layer-pass.js';

/**
 * x·kernel + bias of x [rows, inputs]. Transposes are explicit because inside `matMul` they are many times slower on
 * WebAssembly.
 * @param transposed - x transposed, where somebody has it already
 */
export function dense(
  tf: Engine,
  { name, bias }: Extract<Layer, { kind: 'dense' }>,
  x: Tensor2D,
  weights: Weights,
  transposed?: Tensor2D,
): LayerPass {
  const kernel = tensorOf<Tensor2D>(weights, `${name}/kernel`);
  const product: Tensor2D = tf.matMul(x, kernel);
  return {
    output: bias ? tf.add(product, tensorOf<Tensor1D>(weights, `${name}/bias`)) : product,
    inputSlope: (slope: Tensor) => tf.matMul(slope, tf.transpose(kernel)),
    tensorSlopes: (slope: Tensor): LayerTensors => {
      const kernelSlope = tf.matMul(transposed ?? tf.transpose(x), slope);
      return bias ? { kernel: kernelSlope, bias: columnSums(tf, slope) } : { kernel: kernelSlope };
    },
  };
}
