import { z } from 'zod';

/** An epsilon as the API gives it: a decimal that was rounded in the cautious direction, or a plain number. */
export const EpsilonText = z.object({ value: z.string(), rounding: z.string().optional() });
export const Epsilon = z.union([EpsilonText, z.string(), z.number()]).transform((given) => {
  const value = typeof given === 'object' ? given.value : given;
  return value === 'unbounded' ? Number.POSITIVE_INFINITY : Number(value);
});

/** Chance that a guess which starts at 50:50 is right: e^ε / (1 + e^ε), in percent (UX.md section 2). */
export function guessPercent(epsilon: number): number {
  return 100 / (1 + Math.exp(-epsilon));
}

/** As it is read: `73 %`, `99.8 %`, `over 99.9 %`. */
export function guessText(epsilon: number): string {
  const percent = guessPercent(epsilon);
  if (percent > 99.9) return 'over 99.9\u00a0%';
  return percent >= 99 ? `${percent.toFixed(1)}\u00a0%` : `${percent.toFixed(0)}\u00a0%`;
}

/** Never less than it is: rounded up at the digits shown. */
export function epsilonUp(epsilon: number, digits = 2): string {
  if (!Number.isFinite(epsilon)) return '∞';
  const unit = 10 ** digits;
  return (Math.ceil(epsilon * unit - 1e-9) / unit).toFixed(digits);
}

/** Delta as papers write it: `1e-5`. */
export const deltaText = (delta: number): string => delta.toExponential().replace('e+0', '');

/** What is left, rounded down. */
export function epsilonDown(epsilon: number, digits = 2): string {
  const unit = 10 ** digits;
  return (Math.floor(epsilon * unit + 1e-9) / unit).toFixed(digits);
}
