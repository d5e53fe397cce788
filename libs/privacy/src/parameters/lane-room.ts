import { LARGEST_NORM_BOUND } from '../mechanism/norm-rule.js';
import { parametersRefused } from './parameters-refused.js';

/** Standard deviations of the whole noise that a lane keeps free: beyond them below 1e-7 a study (PROTOCOL.md section 3). */
const DEVIATIONS = 8.5;
/** Part of a lane that noise may take where S is chosen here: as much is left for the sum itself. */
const NOISE_SHARE = 0.5;
/** N_b·√d above which a sum may outgrow a lane of 23 bits (PROTOCOL.md section 6). */
const LARGEST_BATCH_WIDTH = 3e6;

/**
 * R = ⌊(A − 8.5·√(nV))/n⌋: what each site may bring into a lane beside its noise.
 * @throws ConsiliumError PRIVACY_PARAMETERS where not even one patient fits
 */
export function clampBound(room: {
  readonly sites: number;
  readonly laneMaximum: number;
  readonly variance: number;
  readonly normBound: number;
}): number {
  const { sites, laneMaximum, variance, normBound } = room;
  const bound = Math.floor((laneMaximum - DEVIATIONS * Math.sqrt(sites * variance)) / sites);
  if (!(bound >= normBound))
    throw parametersRefused(
      'noiseMultiplier',
      `The noise of ${sites} sites leaves ${Math.max(0, bound)} levels of a lane to each; one patient needs ${normBound}.`,
      'Take a smaller noise multiplier with more sampling, a smaller norm bound, or one lane a slot.',
    );
  return bound;
}

/** S where none is given: the largest power of two up to 2^14 whose noise takes at most half of the lane, and at least √d. */
export function defaultNormBound(room: {
  readonly sites: number;
  readonly dimension: number;
  readonly laneMaximum: number;
  /** Sites whose noise is certain: m − c. */
  readonly share: number;
  readonly noiseMultiplier: number;
  /** No noisy sum leaves the site. */
  readonly local: boolean;
}): number {
  const { sites, dimension, laneMaximum, share, noiseMultiplier, local } = room;
  const most = local ? LARGEST_NORM_BOUND : (NOISE_SHARE * laneMaximum) / (DEVIATIONS * noiseMultiplier * Math.sqrt(sites / share));
  const fitting = 2 ** Math.floor(Math.log2(Math.max(1, Math.min(most, LARGEST_NORM_BOUND))));
  return Math.max(fitting, Math.ceil(Math.sqrt(dimension)));
}

/**
 * Lanes of a slot: two, or one where a batch is so large that sums of 23 bits could be clamped often.
 * @param expectedBatch - N_b: patients that a step is expected to include at all sites together
 */
export function lanesFor(expectedBatch: number, dimension: number): 1 | 2 {
  return expectedBatch * Math.sqrt(dimension) > LARGEST_BATCH_WIDTH ? 1 : 2;
}
