import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const SAMPLE_MS = 20;
const COLLECT_MS = 400;

/** Bytes by which a process grew. */
export interface MemoryGrowth {
  /** Of the whole process: its threads, what is not yet collected, what its allocator keeps. */
  readonly resident: number;
  /** Of what this thread could still reach: heap and buffers, looked at right after each of many collections. */
  readonly reachable: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function reachable(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Runs `work`. @returns how much larger this process was meanwhile, at its largest, than when it began */
export async function memoryGrowth(work: () => Promise<void>): Promise<MemoryGrowth> {
  const idle = { resident: process.memoryUsage.rss(), reachable: reachable() };
  const peak = { ...idle };
  const watch = setInterval(() => (peak.resident = Math.max(peak.resident, process.memoryUsage.rss())), SAMPLE_MS);
  const look = setInterval(() => (peak.reachable = Math.max(peak.reachable, reachable())), COLLECT_MS);
  await work().finally(() => {
    clearInterval(watch);
    clearInterval(look);
  });
  return { resident: peak.resident - idle.resident, reachable: peak.reachable - idle.reachable };
}
