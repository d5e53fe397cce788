import { Worker } from 'node:worker_threads';
import { RING } from '../bfv/ring.js';
import { ciphertextRefused } from '../blocks/ciphertext-refused.js';
import { foldFailed } from './fold-failed.js';
import type { FoldAnswer, FoldTask } from './fold-task.js';

/** Beside this module, built or as source: Node 24 runs a worker from TypeScript that needs no more than its types removed. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './fold-worker.ts' : './fold-worker.js', import.meta.url);
const HEAP_MIB = 256;

export interface FoldWorkersOptions {
  /** Most workers at a time, at least 1. */
  readonly threads: number;
  /** Longest time for one task (a run of up to 16 blocks of all uploads), in milliseconds. */
  readonly stallMs: number;
  readonly entry?: URL;
}

interface Job {
  readonly task: FoldTask;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Warm worker threads with a memory limit and an empty environment. One that dies, throws or stalls costs the task it
 * was at and nothing else; the next task starts a fresh one.
 */
export class FoldWorkers {
  readonly #options: FoldWorkersOptions;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, { readonly job: Job; readonly timer: NodeJS.Timeout }>();
  readonly #waiting: Job[] = [];
  #closed = false;

  constructor(options: FoldWorkersOptions) {
    this.#options = options;
    this.#idle.push(this.#start());
  }

  /** The fold of one run of blocks. @throws ConsiliumError CIPHERTEXT_REFUSED (`uploads[k]` in its problems), FOLD_FAILED */
  run(task: FoldTask): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(foldFailed('The fold was closed.'));
      this.#waiting.push({ task, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends all workers; what they were at is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) job.reject(foldFailed('The fold was closed.'));
    const workers = [...this.#idle, ...this.#busy.keys()];
    for (const worker of this.#busy.keys()) this.#release(worker)?.reject(foldFailed('The fold was closed.'));
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? (this.#busy.size < this.#options.threads ? this.#start() : undefined);
      if (!worker) return;
      const job = this.#waiting.shift();
      if (!job) return;
      const timer = setTimeout(() => this.#lose(worker, `made no progress for ${this.#options.stallMs} ms`), this.#options.stallMs);
      this.#busy.set(worker, { job, timer });
      worker.ref();
      worker.postMessage(job.task);
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#options.entry ?? ENTRY, {
      workerData: RING,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    worker.unref();
    worker.on('message', (answer: FoldAnswer) => this.#settle(worker, answer));
    worker.on('error', (error) => this.#lose(worker, 'ended with an error', error));
    worker.on('exit', (code) => this.#lose(worker, `ended with code ${code}`));
    return worker;
  }

  #settle(worker: Worker, answer: FoldAnswer): void {
    const job = this.#release(worker);
    if (!job || this.#closed) return;
    worker.unref();
    this.#idle.push(worker);
    if (answer.kind === 'folded') job.resolve(answer.bytes);
    else if (answer.kind === 'refused')
      job.reject(ciphertextRefused(`Upload ${answer.upload + 1} of the fold`, answer.fault, `uploads[${answer.upload}]`));
    else job.reject(foldFailed('A worker of the fold met an error.', new Error(answer.reason)));
    this.#dispatch();
  }

  /** Idempotent: a dying worker reports an error and then its exit. */
  #lose(worker: Worker, how: string, cause?: unknown): void {
    const idle = this.#idle.indexOf(worker);
    if (idle >= 0) this.#idle.splice(idle, 1);
    const job = this.#release(worker);
    if (!job) return;
    void worker.terminate();
    job.reject(foldFailed(`A worker of the fold ${how}.`, cause));
    this.#dispatch();
  }

  #release(worker: Worker): Job | undefined {
    const busy = this.#busy.get(worker);
    if (!busy) return undefined;
    clearTimeout(busy.timer);
    this.#busy.delete(worker);
    return busy.job;
  }
}
