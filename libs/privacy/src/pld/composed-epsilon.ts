import { convolve, type TiltedSum } from './convolve.js';
import { logMomentOfSum, type RepeatedDots } from './cumulants.js';
import { connectDots, type Direction } from './dots.js';
import { intervalCount, intervalMasses, type SampledStep } from './interval-masses.js';
import { lossDeviation } from './loss-deviation.js';
import { readEpsilon } from './read-epsilon.js';
import { chooseTilt, type Tilt } from './tilt.js';

/** Sampled steps to compose. */
export interface RepeatedStep extends SampledStep {
  readonly steps: number;
}

/** Grid of the published references; finer only where one step's losses are smaller still. */
const FINEST = 1e-4;
/** The grid is halved until epsilon moves by less. */
const SETTLED = 1e-3;
const LARGEST_SIZE = 2 ** 22;
const SMALLEST_SIZE = 2 ** 10;
const MOST_INTERVALS = 2 ** 21;
const ABOVE_WINDOW = 1e-15;
const DEVIATIONS = 9;
const DIRECTIONS: readonly Direction[] = ['remove', 'add'];
/** Rounding of one step's masses, weights and the final sum, far above what they have. */
const PER_STEP_ROUNDING = 2 ** -42;
const PER_POINT_ROUNDING = 2 ** -50;
/** A boundary of the grid is met with a relative error of a few units: as if every loss were so much larger. */
const LOSS_ROUNDING = 2 ** -49;

/**
 * Least ε for delta of all steps together by privacy-loss distributions, the larger of both directions, rounded up.
 * The grid starts coarse and is halved while that still lowers epsilon by 0.1%: every grid gives an upper bound.
 * @returns Infinity where delta cannot be reached
 */
export function composedEpsilon(steps: readonly RepeatedStep[], delta: number): number {
  const count = steps.reduce((sum, each) => sum + each.steps, 0);
  const deviation = Math.sqrt(steps.reduce((sum, each) => sum + each.steps * lossDeviation(each) ** 2, 0) / count);
  const finest = Math.min(FINEST, deviation / 10);
  let h = finest * 2 ** Math.max(0, Math.round(Math.log2(deviation / 6 / finest)));
  let tilts: readonly Tilt[] | undefined;
  let best = Number.POSITIVE_INFINITY;
  for (;;) {
    const level = onGrid(steps, count, delta, h, tilts);
    if (level === undefined) {
      if (tilts !== undefined) return best;
      h *= 2;
      continue;
    }
    const settled = best - level.epsilon <= SETTLED * level.epsilon;
    best = Math.min(best, level.epsilon);
    tilts = level.tilts;
    if (settled || h <= finest) return best;
    h = Math.max(finest, h / 2);
  }
}

interface Level {
  readonly epsilon: number;
  readonly tilts: readonly Tilt[];
}

/** One grid. Undefined where it would be too large. */
function onGrid(
  steps: readonly RepeatedStep[],
  count: number,
  delta: number,
  h: number,
  known: readonly Tilt[] | undefined,
): Level | undefined {
  const above = Math.min(ABOVE_WINDOW, delta * 1e-5);
  const deviations = DEVIATIONS + Math.max(0, Math.log10((count * 1e-19) / (delta * 1e-4)));
  if (steps.some((step) => intervalCount(step, h, deviations) > MOST_INTERVALS)) return undefined;
  const masses = steps.map((step) => ({ steps: step.steps, intervals: intervalMasses(step, h, deviations) }));
  const parts = DIRECTIONS.map((direction) =>
    masses.map(({ steps: times, intervals }): RepeatedDots => ({ steps: times, dots: connectDots(intervals, direction) })),
  );
  const tilts = known ?? parts.map((each) => chooseTilt(each, delta, above));
  const width = Math.max(...tilts.map(({ from, to }) => to - from)) / h + 2;
  if (!(width <= LARGEST_SIZE)) return undefined;
  const size = Math.max(SMALLEST_SIZE, 2 ** Math.ceil(Math.log2(width)));
  const [remove, add] = [0, 1].map((index) => ({ parts: parts[index] ?? [], lambda: tilts[index]?.lambda ?? 0 }));
  if (remove === undefined || add === undefined) return undefined;
  const sums = convolve(remove, add, size);
  const epsilons = sums.map((sum, index) => directionEpsilon(sum, tilts[index] as Tilt, parts[index] ?? [], { h, count, delta, size }));
  return { epsilon: Math.max(...epsilons), tilts };
}

interface Reading {
  readonly h: number;
  readonly count: number;
  readonly delta: number;
  readonly size: number;
}

function directionEpsilon(sum: TiltedSum, tilt: Tilt, parts: readonly RepeatedDots[], { h, count, delta, size }: Reading): number {
  const top = (Math.floor(tilt.from / h) + size - 1) * h;
  const beyond = Math.exp(logMomentOfSum(parts, tilt.lambdaAbove) - tilt.lambdaAbove * top);
  const infinite = parts.reduce((total, { dots, steps }) => total + steps * dots.infinite, 0) + beyond;
  const exponent = Math.abs(sum.logScale) + tilt.lambda * Math.max(Math.abs(top), Math.abs(top - size * h));
  const rounding = count * PER_STEP_ROUNDING + (size + exponent) * PER_POINT_ROUNDING;
  const largestLoss = Math.max(...parts.map(({ dots }) => (Math.abs(dots.first) + dots.masses.length) * h));
  const epsilon = readEpsilon({ sum, tilt, h, infinite, delta: delta * (1 - rounding) });
  return epsilon + count * LOSS_ROUNDING * (1 + largestLoss);
}
