import type { Dots } from './dots.js';

/** Losses of `steps` independent steps, each of which has `dots`. */
export interface RepeatedDots {
  readonly dots: Dots;
  readonly steps: number;
}

/** ln E[e^(λ·loss)] over the finite losses of one step. */
export function logMoment({ h, first, masses }: Dots, lambda: number): number {
  // Scaled by the largest exponent, so that nothing overflows.
  const step = lambda * h;
  const largest = Math.max(step * first, step * (first + masses.length - 1));
  let sum = 0;
  for (let index = 0; index < masses.length; index += 1) sum += (masses[index] as number) * Math.exp(step * (first + index) - largest);
  return largest + Math.log(sum);
}

/** The same of the sum of all steps. */
export function logMomentOfSum(parts: readonly RepeatedDots[], lambda: number): number {
  return parts.reduce((sum, { dots, steps }) => sum + steps * logMoment(dots, lambda), 0);
}
