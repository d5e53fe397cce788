import type { ModelState } from '../state/model-state.js';
import type { LocalTraining } from './local-training.js';
import { trainLocally } from './train-locally.js';

/**
 * A site's own model: what `algorithm.fineTune` says, from the final state (Wang et al. 2019, "Federated Evaluation of
 * On-device Personalization"). FedProx goes on drawing it to the common model; SCAFFOLD corrects nothing here, since nobody
 * is drifted away from.
 * @param training.state - whole, after the last round
 * @returns whole; the given state where the study has no fine-tuning
 * @throws what {@link trainLocally} throws
 */
export async function fineTuned(training: Omit<LocalTraining, 'drift'>): Promise<ModelState> {
  const { study, state } = training;
  const { fineTune, learningRate } = study.algorithm;
  if (!fineTune) return state;
  const algorithm = { ...study.algorithm, localSteps: fineTune.localSteps, learningRate: fineTune.learningRate ?? learningRate };
  const { update } = await trainLocally({ ...training, study: { ...study, algorithm } });
  // Training begins at weights of 32 bits.
  return { ...state, weights: state.weights.map((weight, i) => Math.fround(weight) + (update[i] ?? 0)) };
}
