import { epsilonOnGrid, type GridRequest } from './grid-epsilon.js';
import type { RepeatedStep } from './interval-masses.js';
import { lossDeviation, type LossDeviation } from './loss-deviation.js';

/** Grid of the published references; finer only where one step's losses are smaller still. */
const FINEST = 1e-4;
/** A grid coarser than any epsilon that means something. */
const COARSEST = 100;
/** The grid is halved until epsilon moves by less. */
const SETTLED = 1e-3;

/**
 * Least ε for delta of all steps together by privacy-loss distributions, the larger of both directions, rounded up.
 * The grid starts coarse and is halved while that still lowers epsilon by 0.1%: every grid gives an upper bound.
 * @returns Infinity where delta cannot be reached
 */
export function composedEpsilon(steps: readonly RepeatedStep[], delta: number): number {
  const count = steps.reduce((sum, each) => sum + each.steps, 0);
  const deviations = steps.map((each) => ({ steps: each.steps, ...lossDeviation(each) }));
  const mean = (square: (each: LossDeviation) => number) =>
    Math.sqrt(deviations.reduce((sum, each) => sum + each.steps * square(each), 0) / count);
  const finest = Math.min(FINEST, mean(({ absent }) => absent ** 2) / 10);
  const coarse = mean(({ absent, present }) => Math.max(absent, present) ** 2) / 6;
  let h = finest * 2 ** Math.max(0, Math.round(Math.log2(coarse / finest)));
  let tilts: GridRequest['tilts'];
  let best = Number.POSITIVE_INFINITY;
  for (;;) {
    const level = epsilonOnGrid({ steps, count, delta, h, tilts });
    if (level === undefined) {
      if (tilts !== undefined || h > COARSEST) return best;
      h *= 2;
      continue;
    }
    if (level.epsilon === Number.POSITIVE_INFINITY) return level.epsilon;
    const settled = best - level.epsilon <= SETTLED * level.epsilon;
    best = Math.min(best, level.epsilon);
    tilts = level.tilts;
    if (settled || h <= finest) return best;
    h = Math.max(finest, h / 2);
  }
}
