import type { TensorShape } from '@consilium/protocol';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';

/** One dense layer on the engine, in 32-bit floats: kernel [inputs, units], bias [units]. A type, so that `tf.tidy` takes it. */
export type DenseLayer = { readonly kernel: Tensor2D; readonly bias: Tensor1D };

/**
 * Puts weights on the engine. The caller disposes the layers.
 * @param weights - all tensors one after the other: kernel and bias of each layer in turn
 */
export function layersFrom(tf: Engine, tensors: readonly TensorShape[], weights: Float64Array): DenseLayer[] {
  const layers: DenseLayer[] = [];
  let offset = 0;
  for (const { shape } of tensors) {
    const [inputs, units] = shape;
    if (inputs === undefined || units === undefined) continue;
    const bias = offset + inputs * units;
    layers.push({
      kernel: tf.tensor2d(Float32Array.from(weights.subarray(offset, bias)), [inputs, units]),
      bias: tf.tensor1d(Float32Array.from(weights.subarray(bias, bias + units))),
    });
    offset = bias + units;
  }
  return layers;
}

/** Reads the weights back from the engine, in the order of {@link layersFrom}. Waiting for a GPU is asynchronous. */
export async function weightsOf(layers: readonly DenseLayer[]): Promise<Float32Array> {
  const parts = await Promise.all(layers.flatMap(({ kernel, bias }) => [kernel.data<'float32'>(), bias.data<'float32'>()]));
  const weights = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    weights.set(part, offset);
    offset += part.length;
  }
  return weights;
}

export function disposeLayers(layers: readonly DenseLayer[]): void {
  for (const { kernel, bias } of layers) {
    kernel.dispose();
    bias.dispose();
  }
}
