const SAMPLE_MS = 20;

/** Bytes by which a process grew. */
export interface MemoryGrowth {
  /** Of the whole process, all its threads and what its allocator keeps. */
  readonly resident: number;
  /** Of what this thread can reach or has not yet collected: heap, buffers, WebAssembly. */
  readonly live: number;
}

/** Runs `work`. @returns how much larger this process was meanwhile, at its largest, than when it began */
export async function memoryGrowth(work: () => Promise<void>): Promise<MemoryGrowth> {
  const now = () => {
    const { rss, heapUsed, external } = process.memoryUsage();
    return { resident: rss, live: heapUsed + external };
  };
  const idle = now();
  let peak = idle;
  const watch = setInterval(() => {
    const { resident, live } = now();
    peak = { resident: Math.max(peak.resident, resident), live: Math.max(peak.live, live) };
  }, SAMPLE_MS);
  await work().finally(() => clearInterval(watch));
  return { resident: peak.resident - idle.resident, live: peak.live - idle.live };
}
