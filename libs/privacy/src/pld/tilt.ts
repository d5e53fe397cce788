import { goldenSection } from '../search/golden-section.js';
import { logMomentOfSum, type RepeatedDots } from './cumulants.js';

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

/** Weighted probability that may wrap from below the window to its top: it only adds to delta there, and little. */
const WRAPPED = 1e-9;
const FASTER = [1.2, 1.5, 2, 3, 5];
const SLOWER = [0.8, 0.5, 0.2, 0, -0.5, -1];

/**
 * λ minimises (ln E[e^(λ·sum)] + ln(1/δ))/λ, the Chernoff bound of epsilon. Any λ gives a valid result.
 * @param above - largest probability that may lie above the window
 */
export function chooseTilt(parts: readonly RepeatedDots[], delta: number, above: number): Tilt {
  const bound = (lambda: number, probability: number) => (logMomentOfSum(parts, lambda) - Math.log(probability)) / lambda;
  const lambda = Math.exp(goldenSection((logLambda) => bound(Math.exp(logLambda), delta), Math.log(1e-3), Math.log(1e9), 40));
  const moment = logMomentOfSum(parts, lambda);
  const highest = FASTER.map((factor) => ({ factor, to: bound(factor * lambda, above) })).reduce((a, b) => (b.to < a.to ? b : a));
  const from = Math.max(
    ...SLOWER.map((factor) => (moment - logMomentOfSum(parts, factor * lambda) + Math.log(WRAPPED)) / ((1 - factor) * lambda)),
  );
  return { lambda, lambdaAbove: highest.factor * lambda, from, to: highest.to };
}
