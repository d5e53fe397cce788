/**
 * Median seconds of each of several things, run in turn so that whatever else the machine does falls on all alike. The
 * first runs warm up and are dropped.
 * @param things - name → function, sync or async
 */
export async function alternate(things, { rounds = 9, warmUp = 3 } = {}) {
  const seconds = Object.fromEntries(Object.keys(things).map((name) => [name, []]));
  for (let round = 0; round < rounds + warmUp; round++)
    for (const [name, thing] of Object.entries(things)) {
      globalThis.gc?.();
      const start = performance.now();
      await thing();
      if (round >= warmUp) seconds[name].push((performance.now() - start) / 1000);
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
