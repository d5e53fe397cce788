import { layerTensors, type TensorShape } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { startingWeights } from './initial-state.js';
import type { ModelState } from './model-state.js';
import { copyInto, partOf } from './tensor-values.js';

const localTensors = ({ derived }: LearningStudy): readonly TensorShape[] => derived.localTensors ?? [];

/** What is needed beside the agreed state. */
export interface OwnWeights {
  /** Values of `derived.localTensors`; absent: those with which every site begins. */
  readonly local?: Float64Array | undefined;
  /** Where every weight of a model begins that starts from given weights. */
  readonly given?: Float64Array | undefined;
}

/**
 * The agreed state with what a site keeps for itself and with what stays as it began: every tensor of the model, in the model's order, to train from and to
 * predict with. The optimiser's memory is that of the shared tensors alone.
 * @throws ConsiliumError WEIGHTS_MISSING
 */
export function wholeState(study: LearningStudy, state: ModelState, { local, given }: OwnWeights = {}): ModelState {
  const tensors = study.derived.layers.flatMap(layerTensors);
  if (tensors.length === state.tensors.length) return state;
  const weights = startingWeights(study, given);
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
