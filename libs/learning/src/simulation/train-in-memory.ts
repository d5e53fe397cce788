import type { Rows } from '@consilium/cohort';
import { ConsiliumError } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { applyUpdate } from '../optimisers/apply-update.js';
import { weightedMean, type WeightedUpdate } from '../optimisers/weighted-mean.js';
import { batchSeed } from '../random/batches.js';
import { stateDigest } from '../state/encode-state.js';
import { initialState } from '../state/initial-state.js';
import type { ModelState } from '../state/model-state.js';
import { wholeState } from '../state/whole-state.js';
import { fineTuned } from '../training/fine-tune.js';
import { siteStep } from '../training/site-step.js';

/**
 * The rounds of a study without noise with all sites in one process and nothing sealed: what a real consortium cannot
 * do, for comparison. One site alone gives "trained alone", all rows as one site gives "pooled".
 *
 * @param input.sites - training rows, at least one site; each weighs as many as its patients
 * @param input.rounds - default: the study's
 * @returns the state after the last round
 * @throws ConsiliumError SIMULATION for dp-sgd, which has no local steps
 */
export async function trainInMemory(input: {
  readonly study: LearningStudy;
  readonly studyHash: string;
  readonly sites: readonly Rows[];
  readonly rounds?: number;
  /** Where every weight begins, for a study that starts from given weights. */
  readonly given?: Float64Array;
  readonly signal?: AbortSignal;
}): Promise<ModelState> {
  return (await trainSitesInMemory(input)).state;
}

/** The same, and what each site holds at the end: the agreed state with what it learned for itself, fine-tuned where the study says so. */
export async function trainSitesInMemory(input: Parameters<typeof trainInMemory>[0]): Promise<{
  readonly state: ModelState;
  readonly sites: readonly ModelState[];
}> {
  const { studyHash, sites, given, signal } = input;
  const { algorithm } = input.study;
  if (algorithm.name === 'dp-sgd')
    throw new ConsiliumError({
      code: 'SIMULATION',
      errorClass: 'usage',
      message: 'dp-sgd has no local steps to simulate without noise.',
      fix: 'Use trainPrivatelyInMemory.',
    });
  const study = { ...input.study, algorithm };
  let state = initialState(study, given);
  const locals: (Float64Array | undefined)[] = sites.map(() => undefined);
  for (let round = 1; round <= (input.rounds ?? algorithm.rounds); round += 1) {
    const seed = batchSeed(studyHash, stateDigest(state));
    const updates: WeightedUpdate[] = [];
    for (const [site, rows] of sites.entries()) {
      const whole = wholeState(study, state, { local: locals[site], given });
      const { update, local } = await siteStep({ study, state: whole, local: locals[site], rows, seed, ...(signal ? { signal } : {}) });
      updates.push({ update, weight: rows.patientCount });
      locals[site] = local;
    }
    state = applyUpdate(state, weightedMean(updates, algorithm.updateRange), algorithm);
  }
  const seed = batchSeed(studyHash, stateDigest(state));
  const held: ModelState[] = [];
  for (const [site, rows] of sites.entries()) {
    const whole = wholeState(study, state, { local: locals[site], given });
    held.push(await fineTuned({ study, state: whole, rows, seed, ...(signal ? { signal } : {}) }));
  }
  return { state, sites: held };
}
