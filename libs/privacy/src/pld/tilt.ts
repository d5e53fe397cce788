import { goldenSection } from '../search/golden-section.js';
import { condense, condensedLogMoment } from './condensed-losses.js';
import type { RepeatedDots } from './cumulants.js';

/**
 * Where and how sharply to look: losses are weighted by e^(λ·loss) before the transform, so that the sum is concentrated
 * where epsilon is to be read and the transform's error counts relative to delta (PROTOCOL.md section 7).
 */
export interface Tilt {
  /** λ > 0. */
  readonly lambda: number;
  /** Chernoff exponent that bounds what lies above `to`. */
  readonly lambdaAbove: number;
  /** Losses of the sum that are kept apart; others are counted pessimistically. */
  readonly from: number;
  readonly to: number;
}

/**
 * Weighted probability that may wrap around at either end of the window. Where it comes to lie it only adds to delta,
 * about so much of it.
 */
const WRAPPED = 1e-9;
const SEARCH = 30;
const SMALLEST_LAMBDA = 1e-6;
export const LARGEST_LAMBDA = 1e9;

/**
 * λ minimises (ln E[e^(λ·sum)] + ln(1/δ))/λ, the Chernoff bound of epsilon. Any λ gives a valid result.
 * @param above - largest probability that may lie above the window
 * @param largest - of λ
 */
export function chooseTilt(parts: readonly RepeatedDots[], delta: number, above: number, largest: number): Tilt {
  const condensed = parts.map(condense);
  const moment = (lambda: number) => condensedLogMoment(condensed, lambda);
  const lambda = bestExponent((each) => (moment(each) - Math.log(delta)) / each, SMALLEST_LAMBDA, largest, SEARCH);
  const atLambda = moment(lambda);
  const highest = (each: number) => (moment(lambda + each) - Math.log(above)) / (lambda + each);
  const weightedHighest = (each: number) => (moment(lambda + each) - atLambda - Math.log(WRAPPED)) / each;
  const weightedLowest = (each: number) => (moment(lambda - each) - atLambda - Math.log(WRAPPED)) / each;
  const [least, most] = [SMALLEST_LAMBDA, LARGEST_LAMBDA];
  const faster = bestExponent(highest, least, most, SEARCH);
  return {
    lambda,
    lambdaAbove: lambda + faster,
    from: -weightedLowest(bestExponent(weightedLowest, least, most, SEARCH)),
    to: Math.max(highest(faster), weightedHighest(bestExponent(weightedHighest, least, most, SEARCH))),
  };
}

/** Where `bound` is smallest, on a logarithmic scale. */
function bestExponent(bound: (lambda: number) => number, from: number, to: number, steps: number): number {
  return Math.exp(goldenSection((logLambda) => bound(Math.exp(logLambda)), Math.log(from), Math.log(to), steps));
}
