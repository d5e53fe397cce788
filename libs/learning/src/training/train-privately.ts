import type { Rows } from '@consilium/cohort';
import { noisySum, normRule, poissonSample, DiscreteGaussian, type RandomWords } from '@consilium/privacy/mechanism';
import type { DerivedNoise, LocalAlgorithm } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { descendOnSum } from '../optimisers/dp-sgd.js';
import type { ModelState } from '../state/model-state.js';
import { muOf } from './mu-of.js';
import { PrivateSummer, type PatientOutcomes } from '../private-step/private-summer.js';

/** Keeps sum and noise within 32 bits; reached by 2^16 patients of one mind at the largest S. */
const LARGEST_SUM = 2 ** 30;

export interface PrivateTraining {
  readonly study: LearningStudy & { readonly algorithm: LocalAlgorithm };
  readonly noise: DerivedNoise;
  /** C. */
  readonly clip: number;
  readonly state: ModelState;
  readonly rows: Rows;
  /** n̂ of this site: the mean gradient is the sum over q·n̂, whoever was sampled. */
  readonly publicSize: number;
  readonly words: RandomWords;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Mode `patient/local`: `algorithm.localSteps` steps of DP-SGD inside the site (Abadi et al. 2016, Algorithm 1), with
 * integer noise of the whole variance in each of them, so that the update tells no more of a patient than the accountant
 * says, whoever sees it. Noise is drawn before the step's data are looked at. FedProx's pull needs no data: it is made of
 * weights that carry their noise already, and costs nothing.
 * @returns local minus global weights
 * @throws the signal's reason
 */
export async function trainPrivately(
  training: PrivateTraining,
): Promise<{ readonly update: Float64Array; readonly outcomes: PatientOutcomes }> {
  const { study, noise, clip, state, rows, publicSize, words, signal } = training;
  const { algorithm, model } = study;
  const rule = normRule(state.weights.length, clip, noise.normBound);
  const gaussian = new DiscreteGaussian(noise.variance);
  const summer = new PrivateSummer({ study, rows, rule, words });
  const outcomes: Record<string, number> = {};
  let weights = state.weights;
  for (let step = 0; step < algorithm.localSteps; step += 1) {
    const draws = new Int32Array(rule.dimension);
    gaussian.drawInto(draws, words);
    const sampled = poissonSample(rows.patientCount, noise.sampling, words);
    const found = await summer.over(weights, sampled, signal);
    for (const [outcome, count] of Object.entries(found.outcomes)) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    weights = descendOnSum(weights, study.derived.tensors, noisySum(found.sum, draws, LARGEST_SUM), {
      rule,
      expected: (noise.sampling.numerator / 2 ** noise.sampling.bits) * publicSize,
      rate: algorithm.learningRate,
      l2: model.l2,
      pull: { mu: muOf(algorithm), toward: state.weights },
    });
  }
  return { update: weights.map((weight, i) => weight - (state.weights[i] ?? 0)), outcomes };
}
