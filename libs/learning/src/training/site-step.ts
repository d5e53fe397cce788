import { layerTensors, parameterCount } from '@consilium/protocol';
import { driftOf, nextControl, serverControl } from '../optimisers/scaffold.js';
import { copyInto, sharedPart } from '../state/tensor-values.js';
import { localAfter } from '../state/whole-state.js';
import type { LocalTraining } from './local-training.js';
import { trainLocally } from './train-locally.js';
import type { LearningStudy } from '../learning-study.js';

/** How many numbers a site keeps for itself from round to round: its local tensors, then its control (SCAFFOLD). */
export function keptCount({ algorithm, derived }: LearningStudy): number {
  return parameterCount(derived.localTensors ?? []) + (algorithm.name === 'scaffold' ? parameterCount(derived.tensors) : 0);
}

export interface SiteStep extends Omit<LocalTraining, 'drift'> {
  /** What this site keeps for itself, as many numbers as {@link keptCount} says; absent: nothing was learned yet. */
  readonly local?: Float64Array | undefined;
}

/**
 * A site's training in one round of a study, and what becomes of it.
 * @param step.state - whole
 * @returns `update`, which travels: what the shared weights moved by, and for SCAFFOLD what the control moved by after that;
 * `local`, which stays, where the site keeps something for itself
 * @throws what {@link trainLocally} throws
 */
export async function siteStep({
  local,
  ...training
}: SiteStep): Promise<{ readonly update: Float64Array; readonly local?: Float64Array }> {
  const { study, state } = training;
  const { tensors, layers } = study.derived;
  const server = serverControl(state);
  if (!server) {
    const { update } = await trainLocally(training);
    const kept = localAfter(study, state, update);
    return { update: sharedPart(study, update), ...(kept ? { local: kept } : {}) };
  }
  const own = local?.slice(local.length - server.length) ?? new Float64Array(server.length);
  const drift = new Float64Array(state.weights.length);
  copyInto({ tensors: layers.flatMap(layerTensors), values: drift }, { tensors, values: driftOf(server, own) });
  const { update } = await trainLocally({ ...training, drift });
  const moved = sharedPart(study, update);
  const control = nextControl({ server, own, moved }, tensors, study.algorithm);
  return {
    update: joined(moved, control.change),
    local: joined(localAfter(study, state, update) ?? new Float64Array(0), control.own),
  };
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const all = new Float64Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
