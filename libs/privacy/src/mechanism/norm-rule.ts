import { ConsiliumError } from '@consilium/protocol';

/** How one patient's gradient becomes whole numbers whose norm is at most S (PROTOCOL.md section 6, step 2). */
export interface NormRule {
  /** d: length of the vector. */
  readonly dimension: number;
  /** C: what a patient's gradient is clipped to. */
  readonly clip: number;
  /** S: bound of the integer vector's Euclidean norm. */
  readonly normBound: number;
  /** S′: what C is scaled to, so that rounding seldom or never goes beyond S. */
  readonly scaledBound: number;
  /** To the nearest integer where that costs little, else up or down at random without bias. */
  readonly rounding: 'nearest' | 'stochastic';
}

/** Largest S (PROTOCOL.md section 6). */
export const LARGEST_NORM_BOUND = 2 ** 14;
export const SMALLEST_CLIP = 1e-6;
export const LARGEST_CLIP = 1e6;
const LONGEST_VECTOR = 1_000_000_000;

/**
 * S′ = S − √d/2 where √d ≤ S/50 (rounding to nearest then never exceeds S), else √(S² − d/4); nearest where d ≤ (S/4)².
 * @param dimension - d, 1 to 10^9
 * @param clip - C, 1e-6 to 1e6
 * @param normBound - S, a whole number, √d to 2^14
 * @throws ConsiliumError PRIVACY_PARAMETERS
 */
export function normRule(dimension: number, clip: number, normBound: number): NormRule {
  if (!Number.isInteger(dimension) || !(dimension >= 1 && dimension <= LONGEST_VECTOR))
    throw refused(`A vector of ${dimension} values is not possible.`, `Take 1 to ${LONGEST_VECTOR} values.`);
  if (!(clip >= SMALLEST_CLIP && clip <= LARGEST_CLIP))
    throw refused(`A clip of ${clip} is not possible.`, `Set privacy.clip between ${SMALLEST_CLIP} and ${LARGEST_CLIP}.`);
  if (!Number.isInteger(normBound) || !(normBound >= 1 && normBound <= LARGEST_NORM_BOUND))
    throw refused(`A norm bound of ${normBound} is not possible.`, `Take a whole number up to ${LARGEST_NORM_BOUND}.`);
  if (normBound * normBound < dimension)
    throw refused(
      `A norm bound of ${normBound} is below the square root of ${dimension} values: rounding would outweigh the gradient.`,
      dimension > LARGEST_NORM_BOUND ** 2 ? 'Take a smaller model.' : `Take at least ${Math.ceil(Math.sqrt(dimension))}.`,
    );
  const width = Math.sqrt(dimension);
  return {
    dimension,
    clip,
    normBound,
    scaledBound: width <= normBound / 50 ? normBound - width / 2 : Math.sqrt(normBound * normBound - dimension / 4),
    rounding: dimension <= (normBound / 4) ** 2 ? 'nearest' : 'stochastic',
  };
}

function refused(message: string, fix: string): ConsiliumError {
  return new ConsiliumError({ code: 'PRIVACY_PARAMETERS', errorClass: 'refused', message, fix });
}
