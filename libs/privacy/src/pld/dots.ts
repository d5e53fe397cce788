import type { IntervalMasses } from './interval-masses.js';

/** Losses of one step on the grid: an upper bound of the true ones, in the sense that every delta is at least as large. */
export interface Dots {
  readonly h: number;
  /** Grid number of the first mass. */
  readonly first: number;
  readonly masses: Float64Array;
  /** Probability of a loss without limit. */
  readonly infinite: number;
}

/** Whether the patient of whom the loss speaks was removed from, or added to, the data that were used. */
export type Direction = 'remove' | 'add';

/**
 * What the masses of an interval can be wrong by, relative to 1: they are differences of tails, (1 + z²)·tail(z) ≤ 1/2,
 * with a relative error of a few units of 2^-53 times (1 + z²).
 */
const MASS_ERROR = 2 ** -49;

/**
 * Connect the dots (Doroshenko, Ghazi, Kamath, Kumar, Manurangsi 2022, Algorithm 1): the mass of each interval goes to
 * its two ends, so that both probabilities are kept, under the data with and without the patient: delta is then exact
 * at each point of the grid and a chord in e^ε between. What rounding could have cost goes to the upper end.
 */
export function connectDots(intervals: IntervalMasses, direction: Direction): Dots {
  const { h, first, present, absent } = intervals;
  const last = first + present.length;
  const masses = new Float64Array(present.length + 1);
  const width = -Math.expm1(-h);
  const bump = MASS_ERROR / width;
  const adds = direction === 'add';
  const [actual, other] = adds ? [absent, present] : [present, absent];
  for (let interval = 0; interval < present.length; interval += 1) {
    // Adding mirrors the grid: the loss of interval i runs from −(first + i + 1)·h to −(first + i)·h.
    const low = adds ? -(first + interval + 1) : first + interval;
    const mass = actual[interval] as number;
    const upper = Math.min(mass, Math.max(0, (mass - Math.exp(low * h) * (other[interval] as number)) / width) + bump);
    const place = adds ? present.length - 1 - interval : interval;
    masses[place] = (masses[place] as number) + (mass - upper);
    masses[place + 1] = (masses[place + 1] as number) + upper;
  }
  const [below, above] = adds ? [intervals.absentAbove, intervals.absentBelow] : [intervals.presentBelow, intervals.presentAbove];
  masses[0] = (masses[0] as number) + below;
  return { h, first: adds ? -last : first, masses, infinite: above };
}
