import type { Algorithm } from '@consilium/protocol';
import type { OptimiserState } from '../state/model-state.js';
import { isAdaptive } from './adaptive-step.js';

/** Before round 1: SCAFFOLD's c = 0, m = 0 and v = τ², the least that Reddi et al. 2021, Algorithm 2, allows for v₋₁. */
export function initialOptimiser(algorithm: Algorithm, parameters: number): OptimiserState {
  if (algorithm.name === 'scaffold') return { name: algorithm.name, control: new Float64Array(parameters) };
  if (!isAdaptive(algorithm)) return { name: algorithm.name };
  return {
    name: algorithm.name,
    momentum: new Float64Array(parameters),
    variance: new Float64Array(parameters).fill(algorithm.tau * algorithm.tau),
  };
}
