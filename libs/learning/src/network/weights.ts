import { parameterCount, type TensorShape } from '@consilium/protocol';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';

/** Tensors of a model on the engine, 32-bit floats, by name such as `layer0/kernel`. A plain object, so that `tf.tidy` takes it. */
export type Weights = Readonly<Record<string, Tensor>>;

/**
 * Puts a vector of weights on the engine. The caller frees them with {@link disposeWeights}.
 * @param vector - all tensors one after the other, each in row-major order
 */
export function weightsFrom(tf: Engine, tensors: readonly TensorShape[], vector: Float64Array | Float32Array): Weights {
  const weights: Record<string, Tensor> = {};
  let offset = 0;
  for (const tensor of tensors) {
    const end = offset + parameterCount([tensor]);
    weights[tensor.name] = tf.tensor(Float32Array.from(vector.subarray(offset, end)), [...tensor.shape], 'float32');
    offset = end;
  }
  return weights;
}

/**
 * Reads the vector back from the engine, in the order of {@link weightsFrom}; zeros where a tensor is not given. Not at once:
 * a GPU cannot be waited for.
 */
export async function vectorOf(tensors: readonly TensorShape[], weights: Weights): Promise<Float32Array> {
  const vector = new Float32Array(parameterCount(tensors));
  const read = await Promise.all(tensors.map(async ({ name }) => weights[name]?.data<'float32'>()));
  let offset = 0;
  for (const [index, tensor] of tensors.entries()) {
    vector.set(read[index] ?? [], offset);
    offset += parameterCount([tensor]);
  }
  return vector;
}

/** @throws TypeError for a name that the model does not have: layers and weights of different studies */
export function tensorOf<T extends Tensor>(weights: Weights, name: string): T {
  const tensor = weights[name];
  if (!tensor) throw new TypeError(`no tensor is called ${name}`);
  return tensor as T;
}

/** Frees what `kept` does not hold. */
export function disposeWeights(weights: Weights, kept: Weights = {}): void {
  for (const [name, tensor] of Object.entries(weights)) if (kept[name] !== tensor) tensor.dispose();
}
