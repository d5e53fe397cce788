import type { Algorithm } from '@consilium/protocol';

export type Adaptive = Extract<Algorithm, { name: 'fedadam' | 'fedyogi' | 'fedadagrad' }>;

/** Whether an algorithm's server remembers two moments of each weight. */
export const isAdaptive = (algorithm: Algorithm): algorithm is Adaptive => 'tau' in algorithm;

/** x, m and v of one model; one value per weight each. */
export interface Moments {
  readonly weights: Float64Array;
  readonly momentum: Float64Array;
  readonly variance: Float64Array;
}

/**
 * Reddi et al., Adaptive Federated Optimization, ICLR 2021, Algorithm 2, without bias correction (as published):
 *
 *     m ← β₁·m + (1 − β₁)·Δ
 *     v ← β₂·v + (1 − β₂)·Δ²                 FedAdam
 *     v ← v − (1 − β₂)·Δ²·sign(v − Δ²)       FedYogi
 *     v ← v + Δ²                              FedAdagrad
 *     x ← x + η·m / (√v + τ)
 *
 * @param update - Δ, the mean of local minus global weights
 */
export function adaptiveStep(before: Moments, update: Float64Array, algorithm: Adaptive): Moments {
  const { beta1, tau, serverLearningRate } = algorithm;
  const weights = new Float64Array(before.weights.length);
  const momentum = new Float64Array(weights.length);
  const variance = new Float64Array(weights.length);
  for (let i = 0; i < weights.length; i += 1) {
    const delta = update[i] ?? 0;
    const square = delta * delta;
    const v = before.variance[i] ?? 0;
    const nextM = beta1 * (before.momentum[i] ?? 0) + (1 - beta1) * delta;
    const nextV = nextVariance(algorithm, v, square);
    momentum[i] = nextM;
    variance[i] = nextV;
    weights[i] = (before.weights[i] ?? 0) + (serverLearningRate * nextM) / (Math.sqrt(nextV) + tau);
  }
  return { weights, momentum, variance };
}

function nextVariance(algorithm: Adaptive, v: number, square: number): number {
  switch (algorithm.name) {
    case 'fedadam':
      return algorithm.beta2 * v + (1 - algorithm.beta2) * square;
    case 'fedyogi':
      return v - (1 - algorithm.beta2) * square * sign(v - square);
    case 'fedadagrad':
      return v + square;
  }
}

function sign(value: number): -1 | 0 | 1 {
  if (value > 0) return 1;
  return value < 0 ? -1 : 0;
}
