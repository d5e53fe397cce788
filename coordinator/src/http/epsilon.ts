import { epsilonText } from '@consilium/privacy';
import { z } from 'zod';

/** An epsilon as the API says it: four significant digits, rounded up, or `unbounded`. Text, because it is compared by people. */
export const Epsilon = z.object({ value: z.string(), rounding: z.literal('up') });
export type Epsilon = z.infer<typeof Epsilon>;

/** @param epsilon - at least 0; anything that is not finite is unbounded */
export const epsilonOf = (epsilon: number): Epsilon => ({
  value: epsilonText(Number.isFinite(epsilon) ? epsilon : 'unbounded'),
  rounding: 'up',
});
