import { layerTensors, parameterCount, type TensorShape } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';

/** The values of some tensors, one after the other. */
export interface TensorValues {
  readonly tensors: readonly TensorShape[];
  readonly values: Float64Array;
}

/** The shared tensors' part of what has one value for each weight of a whole state: an update, or weights. */
export const sharedPart = (study: LearningStudy, whole: Float64Array): Float64Array =>
  partOf({ tensors: study.derived.layers.flatMap(layerTensors), values: whole }, study.derived.tensors);

/** Where each tensor of a list lies, by name: [first value, end). */
function places(tensors: readonly TensorShape[]): ReadonlyMap<string, readonly [number, number]> {
  let at = 0;
  return new Map(tensors.map((tensor) => [tensor.name, [at, (at += parameterCount([tensor]))]]));
}

/** Writes the values of some tensors where they lie in all of them. */
export function copyInto(whole: TensorValues, part: TensorValues): void {
  const from = places(part.tensors);
  for (const [name, [start]] of places(whole.tensors)) {
    const [first, end] = from.get(name) ?? [0, 0];
    whole.values.set(part.values.subarray(first, end), start);
  }
}

/** The values of some tensors, out of all of them. */
export function partOf(whole: TensorValues, tensors: readonly TensorShape[]): Float64Array {
  const values = new Float64Array(parameterCount(tensors));
  const from = places(whole.tensors);
  for (const [name, [start]] of places(tensors)) values.set(whole.values.subarray(...(from.get(name) ?? [0, 0])), start);
  return values;
}
