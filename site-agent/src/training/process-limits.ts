import { totalmem } from 'node:os';
import type { SiteConfig } from '../config/index.js';

/** What the training process may take of the machine. */
export interface ProcessLimits {
  /** Resident memory, all threads and WebAssembly together. */
  readonly memoryBytes: number;
  /** A job that takes longer is ended. */
  readonly longestMs?: number;
}

/** Of the machine, or of the control group that the agent runs in. The agent, the system and their caches keep the rest. */
const SHARE_OF_MACHINE = 0.75;
const HOUR_MS = 3_600_000;

/** The limits of `resources` in site.yaml, three quarters of the machine's memory where it names none. */
export function processLimits({ memoryBytes, jobHours }: Pick<SiteConfig, 'memoryBytes' | 'jobHours'>): ProcessLimits {
  return {
    memoryBytes: memoryBytes ?? Math.floor(SHARE_OF_MACHINE * machineBytes()),
    ...(jobHours === undefined ? {} : { longestMs: jobHours * HOUR_MS }),
  };
}

function machineBytes(): number {
  const group = process.constrainedMemory();
  return group > 0 ? Math.min(totalmem(), group) : totalmem();
}
