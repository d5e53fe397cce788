import { z } from 'zod';
import { LARGEST_DELTA, LARGEST_LIMIT, SMALLEST_DELTA, SMALLEST_LIMIT } from '../filter/filter-terms.js';
import { LARGEST_CLIP, LARGEST_NORM_BOUND, SMALLEST_CLIP } from '../mechanism/norm-rule.js';

/** z.number() refuses NaN, infinities and text by itself; every range here is finite. */
const between = (least: number, most: number) =>
  z.number(`a number from ${least} to ${most}`).min(least, `at least ${least}`).max(most, `at most ${most}`);
const whole = (least: number, most: number) =>
  z.int(`a whole number from ${least} to ${most}`).min(least, `at least ${least}`).max(most, `at most ${most}`);

/** What a person chooses, in a study or at a site, for a mode with noise (field case PRV-3: each has a finite range). */
export const PrivacySettings = z.strictObject({
  mode: z.enum(['patient/distributed', 'patient/local', 'site']),
  /** Probability that a step includes a patient; rounded up to a/2^20. Mode `site` has none: every site is in. */
  sampling: z.number('a number above 0, at most 1').gt(0, 'above 0').max(1, 'at most 1'),
  /** C. */
  clip: between(SMALLEST_CLIP, LARGEST_CLIP),
  /** σ: noise of the sum over its sensitivity, were it continuous. */
  noiseMultiplier: between(0.01, 1e6),
  delta: between(SMALLEST_DELTA, LARGEST_DELTA),
  /** What the study may cost; `check` refuses above it. */
  epsilonMax: between(SMALLEST_LIMIT, LARGEST_LIMIT),
  rounds: whole(1, 10_000),
  /** Noisy steps in one round: 1, but for mode `patient/local`, where each local step has noise of its own. */
  steps: whole(1, 100_000),
  /** S, where the default is not wanted. */
  normBound: whole(1, LARGEST_NORM_BOUND).optional(),
});
export type PrivacySettings = z.infer<typeof PrivacySettings>;
