import { layerTensors, parameterCount, type Model } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { initialOptimiser } from '../optimisers/initial-optimiser.js';
import { initialTensors } from './initial-tensor.js';
import type { ModelState } from './model-state.js';
import { sharedPart } from './tensor-values.js';

/** Models with layers between input and output, where equal starts would stay equal. */
const NETWORKS: readonly Model['type'][] = ['multilayer-perceptron', 'convolutional-network', 'text-network'];

/** Where every weight of a model begins, local ones included: all tensors in the model's order. */
export function startingWeights({ model, seed: number, derived: { layers } }: LearningStudy): Float64Array {
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
 * The state before round 1, which each site computes for itself (PROTOCOL.md section 8). Models without layers in between
 * start at zero; in a network kernels are drawn from the study's seed ({@link initialTensors}).
 */
export function initialState(study: LearningStudy): ModelState {
  const weights = sharedPart(study, startingWeights(study));
  return { tensors: study.derived.tensors, weights, optimiser: initialOptimiser(study.algorithm, weights.length) };
}
