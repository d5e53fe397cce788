import { randomInt } from 'node:crypto';

export interface RetryRules {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Endless waits between tries, in milliseconds: the ceiling doubles from `firstMs` to `maxMs`, and each wait is drawn
 * evenly from its upper half by the operating system's randomness, so that a hundred sites do not come back at once.
 * A new generator starts again at the first wait.
 */
export function* retryDelays(
  { firstMs, maxMs }: RetryRules,
  random = (low: number, high: number) => randomInt(low, high + 1),
): Generator<number, never> {
  for (let ceiling = Math.min(firstMs, maxMs); ; ceiling = Math.min(ceiling * 2, maxMs)) yield random(Math.ceil(ceiling / 2), ceiling);
}
