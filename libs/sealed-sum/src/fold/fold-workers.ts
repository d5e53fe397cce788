import { RING } from '../bfv/ring.js';
import { ciphertextRefused } from '../blocks/ciphertext-refused.js';
import { WorkerPool } from '../threads/worker-pool.js';
import { foldFailed } from './fold-failed.js';
import type { FoldAnswer, FoldTask } from './fold-task.js';

/** Beside this module, built or as source: Node 24 runs a worker from TypeScript that needs no more than its types removed. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './fold-worker.ts' : './fold-worker.js', import.meta.url);

export interface FoldWorkersOptions {
  /** Most workers at a time, at least 1. */
  readonly threads: number;
  /** Longest time for one task (a run of up to 16 blocks of all uploads), in milliseconds. */
  readonly stallMs: number;
  readonly entry?: URL;
}

/** Warm workers that add runs of blocks. */
export class FoldWorkers {
  readonly #pool: WorkerPool<FoldTask, FoldAnswer>;

  constructor({ threads, stallMs, entry = ENTRY }: FoldWorkersOptions) {
    const lost = (how: string, cause?: unknown) => foldFailed(`A worker of the fold ${how}.`, cause);
    this.#pool = new WorkerPool({ entry, workerData: RING, threads, stallMs, lost });
  }

  /** The fold of one run of blocks. @throws ConsiliumError CIPHERTEXT_REFUSED (`uploads[k]` in its problems), FOLD_FAILED */
  async run(task: FoldTask): Promise<Uint8Array> {
    const answer = await this.#pool.run(task);
    if (answer.kind === 'folded') return answer.bytes;
    throw ciphertextRefused(`Upload ${answer.upload + 1} of the fold`, answer.fault, `uploads[${answer.upload}]`);
  }

  /** Ends all workers; what they were at is rejected. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
