import { ConsiliumError, isRunningStatistic, parameterCount, type LocalAlgorithm } from '@consilium/protocol';
import { refuseNotFinite } from '../state/not-finite.js';
import type { ModelState } from '../state/model-state.js';
import { adaptiveStep, isAdaptive } from './adaptive-step.js';
import { applyControl } from './scaffold.js';

/**
 * The server optimiser, which every site runs for itself on the decrypted mean. Only + − × ÷ sqrt in one fixed order,
 * so that all sites reach the same bits (PROTOCOL.md section 8). Pure: the given state stays as it is.
 *
 * The update is a weighted mean of local minus global weights, so it points downhill (Δ of Reddi et al. 2021) and is
 * added. FedAvg (McMahan et al. 2017) and FedProx: x + η·Δ. FedAdam, FedYogi and FedAdagrad: see {@link adaptiveStep}. Running means
 * and variances become the sites' mean, x + Δ, whatever the optimiser: a variance that is pushed on could end below 0.
 *
 * SCAFFOLD's update carries the change of the control after that of the weights ({@link applyControl}).
 *
 * @param update - as many values as the state has weights; twice as many for SCAFFOLD
 * @param participation - contributors of the round by sites of the study; SCAFFOLD's control alone depends on it
 * @throws ConsiliumError NOT_FINITE for an update or result with NaN or infinity, INVALID_STATE for another length or optimiser
 */
export function applyUpdate(state: ModelState, update: Float64Array, algorithm: LocalAlgorithm, participation = 1): ModelState {
  const count = state.weights.length;
  if (state.optimiser.name !== algorithm.name || update.length !== count * ('control' in state.optimiser ? 2 : 1))
    throw new ConsiliumError({
      code: 'INVALID_STATE',
      errorClass: 'verification',
      message: `The update (${algorithm.name}, ${update.length} values) does not fit the state (${state.optimiser.name}, ${state.weights.length} values).`,
      fix: 'Both must come from the same study.',
    });
  refuseNotFinite(state.tensors, update, 0);
  const next = step(state, update, algorithm, participation);
  averageStatistics(state, update, next.weights);
  refuseNotFinite(state.tensors, next.weights, 0);
  return next;
}

function averageStatistics({ tensors, weights }: ModelState, update: Float64Array, next: Float64Array): void {
  let at = 0;
  for (const tensor of tensors) {
    const end = at + parameterCount([tensor]);
    if (isRunningStatistic(tensor.name)) for (let i = at; i < end; i += 1) next[i] = (weights[i] ?? 0) + (update[i] ?? 0);
    at = end;
  }
}

const moved = ({ weights }: ModelState, update: Float64Array, rate: number): Float64Array =>
  weights.map((weight, i) => weight + rate * (update[i] ?? 0));

function step(state: ModelState, update: Float64Array, algorithm: LocalAlgorithm, participation: number): ModelState {
  if ('control' in state.optimiser) {
    const { name, control } = state.optimiser;
    const next = applyControl(control, update.subarray(control.length), algorithm, participation);
    return { ...state, weights: moved(state, update, algorithm.serverLearningRate), optimiser: { name, control: next } };
  }
  if (!('momentum' in state.optimiser) || !isAdaptive(algorithm)) {
    return { ...state, weights: moved(state, update, algorithm.serverLearningRate) };
  }
  const { weights, momentum, variance } = adaptiveStep({ ...state.optimiser, weights: state.weights }, update, algorithm);
  return { tensors: state.tensors, weights, optimiser: { name: algorithm.name, momentum, variance } };
}
