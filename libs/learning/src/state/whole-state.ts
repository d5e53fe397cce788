import { layerTensors, type TensorShape } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { startingWeights } from './initial-state.js';
import type { ModelState } from './model-state.js';
import { copyInto, partOf } from './tensor-values.js';

const localTensors = ({ derived }: LearningStudy): readonly TensorShape[] => derived.localTensors ?? [];

/**
 * The agreed state with what a site keeps for itself: every tensor of the model, in the model's order, to train from and to
 * predict with. The optimiser's memory is that of the shared tensors alone.
 * @param local - values of `derived.localTensors`; absent: those with which every site begins
 */
export function wholeState(study: LearningStudy, state: ModelState, local?: Float64Array): ModelState {
  if (localTensors(study).length === 0) return state;
  const tensors = study.derived.layers.flatMap(layerTensors);
  const weights = startingWeights(study);
  const whole = { tensors, values: weights };
  copyInto(whole, { tensors: state.tensors, values: state.weights });
  if (local) copyInto(whole, { tensors: localTensors(study), values: local });
  return { tensors, weights, optimiser: state.optimiser };
}

/**
 * What a site keeps for itself after a round.
 * @param whole - the whole state from which it trained
 * @param update - of its training
 * @returns values of `derived.localTensors`; undefined in a study that has none
 */
export function localAfter(study: LearningStudy, whole: ModelState, update: Float64Array): Float64Array | undefined {
  const local = localTensors(study);
  if (local.length === 0) return undefined;
  const moved = partOf({ tensors: whole.tensors, values: update }, local);
  // Training begins at weights of 32 bits.
  return partOf({ tensors: whole.tensors, values: whole.weights }, local).map((value, i) => Math.fround(value) + (moved[i] ?? 0));
}
