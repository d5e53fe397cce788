import { z } from 'zod';

/** An epsilon in the API: a decimal of four digits, and to which side it was rounded (UX.md section 3). */
export const Epsilon = z.object({ value: z.string().regex(/^\d+\.\d{4}$/), rounding: z.enum(['up', 'down', 'exact']) });
export type Epsilon = z.infer<typeof Epsilon>;

const STEP = 1e4;
/** Of doubles that are multiples of 1e-4 already. */
const NOISE = 1e-7;

/** What is spent or held: never too little. Multiples of 1e-4 stay as they are. */
export function epsilonUp(value: number): Epsilon {
  return { value: (Math.max(0, Math.ceil(value * STEP - NOISE)) / STEP).toFixed(4), rounding: 'up' };
}

/** What is left: never too much. */
export function epsilonDown(value: number): Epsilon {
  return { value: (Math.max(0, Math.floor(value * STEP + NOISE)) / STEP).toFixed(4), rounding: 'down' };
}

/** A limit as it was set; one with more digits is rounded down, to the stricter side. */
export function epsilonLimit(value: number): Epsilon {
  const shown = epsilonDown(value);
  return Number(shown.value) === value ? { ...shown, rounding: 'exact' } : shown;
}
