import { parameterCount, type TensorShape } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { initialOptimiser } from '../optimisers/initial-optimiser.js';
import { randomWords } from '../random/random-words.js';
import type { ModelState } from './model-state.js';

/**
 * Glorot and Bengio 2010, eq. 16: uniform in (−√(6/(in + out)), √(6/(in + out))). Only + − × ÷ sqrt, so that every
 * machine draws the same bits; (2·word + 1)/2^32 − 1 lies symmetrically in (−1, 1).
 */
function glorotUniform({ name, shape: [inputs = 1, units = 1] }: TensorShape, seed: Uint8Array): Float64Array {
  const next = randomWords(`consilium/v1/initial weights/${name}`, seed);
  const limit = Math.sqrt(6 / (inputs + units));
  return Float64Array.from({ length: inputs * units }, () => ((2 * next() + 1) / 4294967296 - 1) * limit);
}

/**
 * The state before round 1, which each site computes for itself (PROTOCOL.md section 8). Logistic regression starts at
 * zero; in a network kernels are drawn from the study's seed and biases are zero.
 */
export function initialState(study: LearningStudy): ModelState {
  const { tensors } = study.derived;
  const weights = new Float64Array(parameterCount(tensors));
  if (study.model.type === 'multilayer-perceptron') {
    const seed = Buffer.alloc(4);
    seed.writeUInt32BE(study.seed);
    let offset = 0;
    for (const tensor of tensors) {
      if (tensor.shape.length === 2) weights.set(glorotUniform(tensor, seed), offset);
      offset += parameterCount([tensor]);
    }
  }
  return { tensors, weights, optimiser: initialOptimiser(study.algorithm, weights.length) };
}
