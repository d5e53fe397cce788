import { ConsiliumError } from '@consilium/protocol';
import { availableParallelism } from 'node:os';
import { WorkerPool } from '../threads/worker-pool.js';
import type { SiteMessage } from './site-message.js';
import type { SumWork } from './sum-work.js';
import type { OpenAnswer, OpenTask, SealedRun, SealTask, SumJob } from './sum-task.js';

/** Beside this module, built or as source: Node 24 runs a worker from TypeScript that needs no more than its types removed. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './site-worker.ts' : './site-worker.js', import.meta.url);
const DEFAULT_STALL_MS = 120_000;

export interface SiteWorkersOptions {
  /** Worker threads, at least 1; by default one less than the machine has, at most 8. */
  readonly threads?: number;
  /** Longest time for one run of blocks, in milliseconds. */
  readonly stallMs?: number;
}

type Answer = SealedRun | OpenAnswer;

/**
 * Warm worker threads that seal and open for `sealToFile`, `openFold` and `openStream`: worth it from about a million
 * parameters on. They hold a job's keys while it runs. Close them.
 */
export class SiteWorkers {
  readonly #threads: number;
  readonly #pool: WorkerPool<SiteMessage, Answer>;
  #jobs = 0;

  constructor(options: SiteWorkersOptions = {}) {
    this.#threads = options.threads ?? Math.max(1, Math.min(8, availableParallelism() - 1));
    this.#pool = new WorkerPool({ entry: ENTRY, threads: this.#threads, stallMs: options.stallMs ?? DEFAULT_STALL_MS, lost: workerLost });
  }

  /** Runs of one job, in any worker. */
  workOn(job: SumJob): SumWork {
    const id = this.#jobs++;
    const run = (task: SealTask | OpenTask, buffer: ArrayBuffer) => this.#pool.run({ kind: 'run', id, job, task }, [buffer]);
    return {
      ahead: this.#threads + 1,
      seal: async (task) => (await run(task, task.lanes.buffer)) as SealedRun,
      open: async (task) => (await run(task, task.bytes.buffer)) as OpenAnswer,
      end: () => this.#pool.tell({ kind: 'forget', id } satisfies SiteMessage),
    };
  }

  /** Ends the workers; what they were at is rejected. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

function workerLost(how: string, cause?: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'SUM_WORKER_LOST',
    errorClass: 'failed',
    message: `A worker of the sealed sum ${how}.`,
    fix: "Look at the site's memory; sealing or opening can be tried again.",
    cause,
  });
}
