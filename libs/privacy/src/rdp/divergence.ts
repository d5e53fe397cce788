import type { GaussianSteps } from '../events/gaussian-steps.js';
import { ORDERS } from './orders.js';
import { stepDivergence } from './step-divergence.js';

/** Far above the rounding of sums of a few thousand logarithms, far below what anybody reads (PROTOCOL.md section 7). */
const RELATIVE = 1e-9;
const PER_STEP = 1e-12;

/**
 * Rényi divergence of all steps at one order, rounded up.
 * @param order - an integer ≥ 2; any real above 1 where every q is 1
 */
export function divergence(order: number, mechanisms: readonly GaussianSteps[]): number {
  let sum = 0;
  for (const mechanism of mechanisms) sum += mechanism.steps * (stepDivergence(order, mechanism) * (1 + RELATIVE) + PER_STEP);
  return sum;
}

/** α ↦ divergence at any real order above 1, rounded up. */
export type DivergenceCurve = (order: number) => number;

/**
 * Whole steps without sampling are exact at real orders. Sampled ones are computed at `ORDERS`; between two,
 * (α − 1)·ε(α) is convex and 0 at α = 1, so that the chord is an upper bound. Beyond the largest order: infinite.
 */
export function divergenceCurve(mechanisms: readonly GaussianSteps[]): DivergenceCurve {
  const whole = mechanisms.filter(({ q }) => q === 1);
  const sampled = mechanisms.filter(({ q }) => q < 1);
  if (sampled.length === 0) return (order) => divergence(order, whole);
  const orders = [1, ...ORDERS];
  const scaled = [0, ...ORDERS.map((order) => (order - 1) * divergence(order, sampled))];
  return (order) => {
    const above = orders.findIndex((each) => each >= order);
    if (above < 1) return Number.POSITIVE_INFINITY;
    const [low, high] = [orders[above - 1] ?? 1, orders[above] ?? 1];
    const share = (order - low) / (high - low);
    const chord = (1 - share) * (scaled[above - 1] ?? 0) + share * (scaled[above] ?? 0);
    return chord / (order - 1) + divergence(order, whole);
  };
}
