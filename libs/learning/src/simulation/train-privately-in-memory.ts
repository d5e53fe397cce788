import type { Rows } from '@consilium/cohort';
import { DiscreteGaussian, noisySum, normRule, poissonSample, type RandomWords } from '@consilium/privacy/mechanism';
import type { DerivedNoise } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { applyPrivateSum } from '../optimisers/dp-sgd.js';
import { initialState } from '../state/initial-state.js';
import type { ModelState } from '../state/model-state.js';
import { PrivateSummer } from '../private-step/private-summer.js';

/** Lanes are wide enough in a simulation; a real sum clamps at its own bound. */
const NO_CLAMP = 2 ** 30;

/**
 * DP-SGD with all sites in one process and nothing sealed, the same integers as in a study: for comparison. All rows as
 * one site with the noise of all gives "pooled"; each site with all of the noise gives "local".
 *
 * @param input.sites - training rows, and n̂ of each
 * @param input.noise - `variance` is what each of these sites adds
 * @returns the state after the last round
 */
export async function trainPrivatelyInMemory(input: {
  readonly study: LearningStudy;
  readonly noise: DerivedNoise;
  readonly clip: number;
  readonly sites: readonly { readonly rows: Rows; readonly publicSize: number }[];
  readonly words: RandomWords;
  readonly signal?: AbortSignal;
}): Promise<ModelState> {
  const { study, noise, clip, sites, words, signal } = input;
  let state = initialState(study);
  const rule = normRule(state.weights.length, clip, noise.normBound);
  const places = sites.map(({ rows }) => ({ rows, summer: new PrivateSummer({ study, rows, rule, words }) }));
  const gaussian = new DiscreteGaussian(noise.variance);
  const expected = (noise.sampling.numerator / 2 ** noise.sampling.bits) * sites.reduce((sum, { publicSize }) => sum + publicSize, 0);
  const { rounds, learningRate: rate } = study.algorithm;
  for (let round = 1; round <= rounds; round += 1) {
    const total = new Int32Array(rule.dimension);
    for (const { rows, summer } of places) {
      const draws = new Int32Array(rule.dimension);
      gaussian.drawInto(draws, words);
      const sampled = poissonSample(rows.patientCount, noise.sampling, words);
      const { sum } = await summer.over(state.weights, sampled, signal);
      const lanes = noisySum(sum, draws, NO_CLAMP);
      for (let index = 0; index < total.length; index += 1) total[index] = (total[index] ?? 0) + (lanes[index] ?? 0);
    }
    state = applyPrivateSum(state, total, { rule, expected, rate, l2: study.model.l2 });
  }
  return state;
}
