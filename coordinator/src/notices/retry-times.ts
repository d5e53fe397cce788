const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Waits after each try that failed, in milliseconds: two days in all, and then the delivery is given up. */
const WAITS = [5 * SECOND, 30 * SECOND, 120 * SECOND, 600 * SECOND, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR];

/** @param tried - tries so far, from 1. @returns when to try again; undefined for never */
export function nextTry(tried: number, now: Date): Date | undefined {
  const wait = WAITS[tried - 1];
  return wait === undefined ? undefined : new Date(now.getTime() + wait);
}
