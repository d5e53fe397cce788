import { setTimeout as wait } from 'node:timers/promises';

/** Waits `ms` milliseconds, or less when `signal` aborts; never throws. The caller looks at the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
