import { outcomeAt, type SampledStep } from './interval-masses.js';
import type { Direction } from './dots.js';
import { normalTail } from './normal-tail.js';

const ROUNDING = 2 ** -48;

/** Delta of one sampled step at ε ≥ 0, rounded up: P(loss > ε) − e^ε·Q(loss > ε). */
export function singleStepDelta(step: SampledStep, direction: Direction, epsilon: number): number {
  const { q, noiseMultiplier } = step;
  const x = outcomeAt(direction === 'remove' ? epsilon : -epsilon, step);
  if (x === Number.NEGATIVE_INFINITY) return 0;
  const sign = direction === 'remove' ? 1 : -1;
  const [tail0, tail1] = [tailBeyond((sign * x) / noiseMultiplier), tailBeyond((sign * (x - 1)) / noiseMultiplier)];
  const mixture = (1 - q) * tail0 + q * tail1;
  const [actual, other] = direction === 'remove' ? [mixture, tail0] : [tail0, mixture];
  const deviations = x / noiseMultiplier;
  return Math.max(0, actual - Math.exp(epsilon) * other) + ROUNDING * actual * (1 + deviations * deviations);
}

function tailBeyond(z: number): number {
  return z >= 0 ? normalTail(z) : 1 - normalTail(-z);
}

/** Least ε for delta between the points of the grid k·h, on the chord in e^ε, as connected dots have it. Rounded up. */
export function singleStepEpsilon(step: SampledStep, direction: Direction, delta: number, h: number): number {
  const at = (k: number) => singleStepDelta(step, direction, k * h);
  if (at(0) <= delta) return 0;
  let [low, high] = [0, 1];
  while (at(high) > delta) {
    if (high * h > 600) return Number.POSITIVE_INFINITY;
    [low, high] = [high, high * 2];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (at(middle) > delta) low = middle;
    else high = middle;
  }
  const share = (at(low) - delta) / (at(low) - at(high));
  return low * h + Math.log1p(share * Math.expm1(h)) * (1 + ROUNDING);
}
