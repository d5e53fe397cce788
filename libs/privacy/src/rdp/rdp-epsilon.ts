import { gaussianSteps } from '../events/gaussian-steps.js';
import type { PrivacyEvent } from '../events/privacy-event.js';
import { goldenSection } from '../search/golden-section.js';
import { epsilonAtOrder } from './convert.js';
import { divergenceCurve } from './divergence.js';
import { LARGEST_ORDER } from './orders.js';

/** Whole steps alone can be priced at any order; so far up it is never best for a delta of 1e-15 or more. */
const NO_LARGEST_ORDER = 1e12;
/** So that a release never reads as free, whatever its delta. */
const LEAST = 1e-12;
const STEPS = 60;

/**
 * Upper bound of the epsilon of an event by Rényi divergences, which also holds where later parts were chosen after
 * earlier results, at the best real order. Never 0.
 * @param delta - in (0, 1)
 */
export function rdpEpsilon(event: PrivacyEvent, delta: number): number {
  const mechanisms = gaussianSteps(event);
  const curve = divergenceCurve(mechanisms);
  const largest = mechanisms.every(({ q }) => q === 1) ? NO_LARGEST_ORDER : LARGEST_ORDER;
  const at = (logOrder: number) => {
    const order = Math.min(1 + Math.exp(logOrder), largest);
    return epsilonAtOrder(order, curve(order), delta);
  };
  // Any order gives an upper bound: a search that misses the best one costs a little and breaks nothing.
  const span = Math.log(largest - 1);
  const grid = Array.from({ length: STEPS + 1 }, (_, index) => -6 + (index / STEPS) * (span + 6));
  const best = grid.reduce((least, each) => (at(each) < at(least) ? each : least), grid[0] ?? 0);
  const width = (span + 6) / STEPS;
  const refined = goldenSection(at, Math.max(best - width, -6), Math.min(best + width, span), 40);
  return Math.min(at(best), at(refined)) + LEAST;
}
