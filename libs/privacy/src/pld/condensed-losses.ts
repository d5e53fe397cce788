import type { RepeatedDots } from './cumulants.js';

/** A few hundred losses that stand for many: close enough to choose where to look, not to prove anything. */
export interface CondensedLosses {
  readonly losses: Float64Array;
  readonly masses: Float64Array;
  readonly steps: number;
}

/** Neighbours are put together while they differ by less than this part of their loss. */
const COARSENESS = 32;

/** Cells grow with the distance from loss 0 and keep their mean. */
export function condense({ dots, steps }: RepeatedDots): CondensedLosses {
  const losses: number[] = [];
  const masses: number[] = [];
  for (let index = 0; index < dots.masses.length;) {
    const k = dots.first + index;
    const end = Math.min(dots.masses.length, index + Math.max(1, Math.floor(Math.abs(k) / COARSENESS)));
    let [mass, moment] = [0, 0];
    for (; index < end; index += 1) {
      const each = dots.masses[index] as number;
      mass += each;
      moment += each * (dots.first + index);
    }
    if (mass > 0) {
      losses.push((moment / mass) * dots.h);
      masses.push(mass);
    }
  }
  return { losses: Float64Array.from(losses), masses: Float64Array.from(masses), steps };
}

/** ln E[e^(λ·sum)] of all steps, about. */
export function condensedLogMoment(parts: readonly CondensedLosses[], lambda: number): number {
  let total = 0;
  for (const { losses, masses, steps } of parts) {
    const largest = Math.max(lambda * (losses[0] ?? 0), lambda * (losses.at(-1) ?? 0));
    let sum = 0;
    for (let index = 0; index < losses.length; index += 1)
      sum += (masses[index] as number) * Math.exp(lambda * (losses[index] as number) - largest);
    total += steps * (largest + Math.log(sum));
  }
  return total;
}
