import { parameterCount, type Model } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { initialOptimiser } from '../optimisers/initial-optimiser.js';
import { initialTensors } from './initial-tensor.js';
import type { ModelState } from './model-state.js';

/** Models with layers between input and output, where equal starts would stay equal. */
const NETWORKS: readonly Model['type'][] = ['multilayer-perceptron', 'convolutional-network', 'text-network'];

/**
 * The state before round 1, which each site computes for itself (PROTOCOL.md section 8). Models without layers in between
 * start at zero; in a network kernels are drawn from the study's seed ({@link initialTensors}).
 */
export function initialState(study: LearningStudy): ModelState {
  const { tensors, layers } = study.derived;
  const weights = new Float64Array(parameterCount(tensors));
  if (NETWORKS.includes(study.model.type)) {
    const seed = Buffer.alloc(4);
    seed.writeUInt32BE(study.seed);
    let offset = 0;
    for (const values of layers.flatMap((layer) => initialTensors(layer, seed))) {
      weights.set(values, offset);
      offset += values.length;
    }
  }
  return { tensors, weights, optimiser: initialOptimiser(study.algorithm, weights.length) };
}
