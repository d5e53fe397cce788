import { ConsiliumError, layerTensors, parameterCount, type Model } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { initialOptimiser } from '../optimisers/initial-optimiser.js';
import { initialTensors } from './initial-tensor.js';
import type { ModelState } from './model-state.js';
import { sharedPart } from './tensor-values.js';

/** Models with layers between input and output, where equal starts would stay equal. */
const NETWORKS: readonly Model['type'][] = ['multilayer-perceptron', 'convolutional-network', 'text-network'];

/** Where every weight of a model begins that starts from no file, local and fixed ones included: all tensors in the model's order. */
export function drawnWeights({ model, seed: number, derived: { layers } }: LearningStudy): Float64Array {
  const weights = new Float64Array(parameterCount(layers.flatMap(layerTensors)));
  if (!NETWORKS.includes(model.type)) return weights;
  const seed = Buffer.alloc(4);
  seed.writeUInt32BE(number);
  let offset = 0;
  for (const values of layers.flatMap((layer) => initialTensors(layer, seed))) {
    weights.set(values, offset);
    offset += values.length;
  }
  return weights;
}

/**
 * @param given - where every weight of a model begins that starts from given weights
 * @throws ConsiliumError WEIGHTS_MISSING where the study starts from weights and none are given
 */
export function startingWeights(study: LearningStudy, given?: Float64Array): Float64Array {
  if (given) return given.slice();
  if (study.model.start)
    throw new ConsiliumError({
      code: 'WEIGHTS_MISSING',
      errorClass: 'usage',
      message: 'This study starts from given weights, and here are none.',
      fix: 'Give the file that model.start names.',
    });
  return drawnWeights(study);
}

/**
 * The state before round 1, which each site computes for itself (PROTOCOL.md section 8). Models without layers in between
 * start at zero; in a network kernels are drawn from the study's seed ({@link initialTensors}).
 * @param given - see {@link startingWeights}
 */
export function initialState(study: LearningStudy, given?: Float64Array): ModelState {
  const weights = sharedPart(study, startingWeights(study, given));
  return { tensors: study.derived.tensors, weights, optimiser: initialOptimiser(study.algorithm, weights.length) };
}
