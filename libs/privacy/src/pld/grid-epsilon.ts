import { convolve, type TiltedSum } from './convolve.js';
import { logMomentOfSum, type RepeatedDots } from './cumulants.js';
import { connectDots, type Direction } from './dots.js';
import { intervalCount, intervalMasses, type RepeatedStep } from './interval-masses.js';
import { readEpsilon } from './read-epsilon.js';
import { chooseTilt, LARGEST_LAMBDA, type Tilt } from './tilt.js';

/** One grid for both directions. */
export interface GridRequest {
  readonly steps: readonly RepeatedStep[];
  /** Of all steps. */
  readonly count: number;
  readonly delta: number;
  /** Distance of two points. */
  readonly h: number;
  /** Of a coarser grid, to save the search. */
  readonly tilts?: readonly Tilt[] | undefined;
}

export interface GridEpsilon {
  readonly epsilon: number;
  readonly tilts: readonly Tilt[];
}

const LARGEST_SIZE = 2 ** 22;
const SMALLEST_SIZE = 2 ** 10;
const MOST_INTERVALS = 2 ** 21;
const ABOVE_WINDOW = 1e-15;
const DEVIATIONS = 9;
/** How often λ is lowered where epsilon lies below the window. */
const TRIES = 12;
/** Rounding of one step's masses, weights and the final sum, far above what they have. */
const PER_STEP_ROUNDING = 2 ** -42;
const PER_POINT_ROUNDING = 2 ** -50;
/** A boundary of the grid is met with a relative error of a few units: as if every loss were so much larger. */
const LOSS_ROUNDING = 2 ** -49;

/** Upper bound of epsilon by connected dots of distance h. Undefined where the grid would be too large. */
export function epsilonOnGrid({ steps, count, delta, h, tilts: known }: GridRequest): GridEpsilon | undefined {
  const above = Math.min(ABOVE_WINDOW, delta * 1e-5);
  const deviations = DEVIATIONS + Math.max(0, Math.log10((count * 1e-19) / (delta * 1e-4)));
  if (steps.some((step) => intervalCount(step, h, deviations) > MOST_INTERVALS)) return undefined;
  const masses = steps.map((step) => ({ steps: step.steps, intervals: intervalMasses(step, h, deviations) }));
  const dotsOf = (direction: Direction) =>
    masses.map(({ steps: times, intervals }): RepeatedDots => ({ steps: times, dots: connectDots(intervals, direction) }));
  const remove = dotsOf('remove');
  const add = dotsOf('add');
  const parts = [remove, add] as const;

  // On every grid the same: what no window could show.
  if (parts.some((each) => unlimitedMass(each) >= delta)) return { epsilon: Number.POSITIVE_INFINITY, tilts: [] };
  let tilts = known ?? parts.map((each) => chooseTilt(each, delta, above, LARGEST_LAMBDA));
  const bounds = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let tries = 0; tries < TRIES; tries += 1) {
    const [first, second] = tilts as [Tilt, Tilt];
    const width = Math.max(first.to - first.from, second.to - second.from) / h + 2;
    if (!(width <= LARGEST_SIZE)) break;
    const size = Math.max(SMALLEST_SIZE, 2 ** Math.ceil(Math.log2(width)));
    const sums = convolve({ parts: remove, lambda: first.lambda }, { parts: add, lambda: second.lambda }, size);
    const readings = [first, second].map((tilt, index) =>
      readDirection(sums[index] as TiltedSum, tilt, parts[index] as readonly RepeatedDots[], { count, delta, h, size }),
    );
    readings.forEach(({ bound }, index) => (bounds[index] = Math.min(bounds[index] ?? bound, bound)));
    // A direction that could not be read matters only if its bound is the larger one.
    const larger = (bounds[0] ?? 0) >= (bounds[1] ?? 0) ? 0 : 1;
    if (readings[larger]?.read) return { epsilon: Math.max(...bounds), tilts };
    const lower = chooseTilt(parts[larger] as readonly RepeatedDots[], delta, above, (tilts[larger]?.lambda ?? 1) / 8);
    tilts = tilts.with(larger, lower);
  }
  const epsilon = Math.max(...bounds);
  return Number.isFinite(epsilon) ? { epsilon, tilts } : undefined;
}

function unlimitedMass(parts: readonly RepeatedDots[]): number {
  return parts.reduce((total, { dots, steps }) => total + steps * dots.infinite, 0);
}

interface DirectionReading {
  /** Upper bound of epsilon: that of Chernoff, or what was read. */
  readonly bound: number;
  /** Whether it was read off the sum; else another λ may give less. */
  readonly read: boolean;
}

function readDirection(
  sum: TiltedSum,
  { lambda, lambdaAbove, from }: Tilt,
  parts: readonly RepeatedDots[],
  { count, delta, h, size }: Pick<GridRequest, 'count' | 'delta' | 'h'> & { readonly size: number },
): DirectionReading {
  const top = (Math.floor(from / h) + size - 1) * h;
  const unlimited = unlimitedMass(parts);
  const beyond = Math.exp(logMomentOfSum(parts, lambdaAbove) - lambdaAbove * top);
  const exponent = Math.abs(sum.logScale) + lambda * Math.max(Math.abs(top), Math.abs(top - size * h));
  const target = delta * (1 - count * PER_STEP_ROUNDING - (size + exponent) * PER_POINT_ROUNDING);
  const largestLoss = Math.max(...parts.map(({ dots }) => (Math.abs(dots.first) + dots.masses.length) * h));
  const rounding = count * LOSS_ROUNDING * (1 + largestLoss);
  // P(sum > ε) ≤ e^(ln E[e^(λ·sum)] − λε), and delta is less than that.
  const chernoff = unlimited < target ? Math.max(0, (sum.logScale - Math.log(target - unlimited)) / lambda) : Number.POSITIVE_INFINITY;
  const epsilon = readEpsilon({ sum, lambda, from, h, infinite: unlimited + beyond, delta: target });
  return { bound: Math.min(chernoff, epsilon ?? chernoff) + rounding, read: epsilon !== undefined };
}
