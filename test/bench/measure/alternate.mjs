/** What time is: of the clock, or of the process (all its threads), which a busy machine changes less. */
const CLOCKS = {
  wall: () => performance.now() / 1000,
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  },
};

/**
 * Median seconds of each of several things, run in turn so that whatever else the machine does falls on all alike. The
 * first runs warm up and are dropped.
 * @param things - name → function, sync or async
 * @param options - `clock`: `cpu` for what runs in one thread
 */
export async function alternate(things, { rounds = 9, warmUp = 5, clock = 'wall' } = {}) {
  const seconds = Object.fromEntries(Object.keys(things).map((name) => [name, []]));
  for (let round = 0; round < rounds + warmUp; round++)
    for (const [name, thing] of Object.entries(things)) {
      globalThis.gc?.();
      const start = CLOCKS[clock]();
      await thing();
      if (round >= warmUp) seconds[name].push(CLOCKS[clock]() - start);
    }
  return Object.fromEntries(Object.entries(seconds).map(([name, all]) => [name, median(all)]));
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three significant digits. */
export const rounded = (number) => Number(number.toPrecision(3));

export const atLeast = (goal, value) => ({ met: value >= goal, text: `≥ ${goal}` });
export const atMost = (goal, value) => ({ met: value <= goal, text: `≤ ${goal}` });
