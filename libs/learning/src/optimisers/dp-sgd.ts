import type { NormRule } from '@consilium/privacy/mechanism';
import type { TensorShape } from '@consilium/protocol';
import type { Pull } from '../network/descend.js';
import type { ModelState } from '../state/model-state.js';
import { refuseNotFinite } from '../state/not-finite.js';

export interface StepOnSum {
  readonly rule: Pick<NormRule, 'clip' | 'scaledBound'>;
  /** q·Σn̂: the expected number of patients in the sum, a public constant, never the real number. */
  readonly expected: number;
  /** Learning rate. */
  readonly rate: number;
  /** Of kernels, not of biases. */
  readonly l2: number;
  /** Of FedProx inside a site; from weights alone, like the penalty. */
  readonly pull?: Pull<Float64Array>;
}

/** The state after one such step, for studies whose sites take no steps of their own. @throws ConsiliumError NOT_FINITE */
export function applyPrivateSum(state: ModelState, sum: Int32Array, step: StepOnSum): ModelState {
  const weights = descendOnSum(state.weights, state.tensors, sum, step);
  refuseNotFinite(state.tensors, weights, 0);
  return { ...state, weights };
}

/**
 * One step of gradient descent on a noisy sum of patients' integer vectors: w ← w − η·(Σz·(C/S′)/(q·Σn̂) + λ·w), the
 * penalty from the weights alone, which are public. Only + − × ÷, in one order, so that all sites reach the same bits
 * (PROTOCOL.md section 8).
 * @param sum - as many integers as there are weights
 */
export function descendOnSum(
  weights: Float64Array,
  tensors: readonly TensorShape[],
  sum: Int32Array,
  { rule, expected, rate, l2, pull }: StepOnSum,
): Float64Array {
  const next = new Float64Array(weights.length);
  let at = 0;
  for (const { shape } of tensors) {
    const values = shape.reduce((product, size) => product * size, 1);
    const penalty = shape.length > 1 ? l2 : 0;
    for (const end = at + values; at < end; at += 1) {
      const weight = weights[at] ?? 0;
      const mean = ((sum[at] ?? 0) * (rule.clip / rule.scaledBound)) / expected;
      const drawn = pull && pull.mu !== 0 ? pull.mu * (weight - (pull.toward[at] ?? 0)) : 0;
      next[at] = weight - rate * (mean + penalty * weight + drawn);
    }
  }
  return next;
}
