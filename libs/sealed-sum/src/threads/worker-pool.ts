import { Worker, type TransferListItem } from 'node:worker_threads';

const HEAP_MIB = 256;

export interface PoolOptions {
  /** Module that the workers run; it answers every message that has a `kind` with one message. */
  readonly entry: URL;
  readonly workerData?: unknown;
  /** Most workers at a time, at least 1. */
  readonly threads: number;
  /** Longest time for one task, in milliseconds. */
  readonly stallMs: number;
  /** The error of a task that was lost. @param how - end of a sentence about a worker, such as `ended with code 7` */
  readonly lost: (how: string, cause?: unknown) => Error;
}

/** A worker's own error, as its answer. */
export interface Failed {
  readonly kind: 'failed';
  readonly reason: string;
}

interface Job<Task, Answer> {
  readonly task: Task;
  readonly transfer: readonly TransferListItem[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Warm worker threads with a memory limit and an empty environment. One that dies, throws or stalls costs the task it
 * was at and nothing else; the next task starts a fresh one.
 */
export class WorkerPool<Task, Answer extends { readonly kind: string }> {
  readonly #options: PoolOptions;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, { readonly job: Job<Task, Answer>; readonly timer: NodeJS.Timeout }>();
  readonly #waiting: Job<Task, Answer>[] = [];
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#idle.push(this.#start());
  }

  /**
   * The answer of whichever worker comes free first.
   * @param transfer - buffers that the task gives away
   * @throws `lost` of the options for a worker that died, threw or stalled
   */
  run(task: Task, transfer: readonly TransferListItem[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#options.lost('was closed'));
      this.#waiting.push({ task, transfer, resolve, reject });
      this.#dispatch();
    });
  }

  /** Tells every living worker something that it does not answer. */
  tell(message: unknown): void {
    for (const worker of [...this.#idle, ...this.#busy.keys()]) worker.postMessage(message);
  }

  /** Ends all workers; what they were at is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) job.reject(this.#options.lost('was closed'));
    const workers = [...this.#idle, ...this.#busy.keys()];
    for (const worker of this.#busy.keys()) this.#release(worker)?.reject(this.#options.lost('was closed'));
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
      worker.postMessage(job.task, job.transfer);
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#options.entry, {
      workerData: this.#options.workerData,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    worker.unref();
    worker.on('message', (answer: Answer | Failed) => this.#settle(worker, answer));
    worker.on('error', (error) => this.#lose(worker, 'ended with an error', error));
    worker.on('exit', (code) => this.#lose(worker, `ended with code ${code}`));
    return worker;
  }

  #settle(worker: Worker, answer: Answer | Failed): void {
    const job = this.#release(worker);
    if (!job || this.#closed) return;
    worker.unref();
    this.#idle.push(worker);
    if (isFailed(answer)) job.reject(this.#options.lost('met an error', new Error(answer.reason)));
    else job.resolve(answer);
    this.#dispatch();
  }

  /** Idempotent: a dying worker reports an error and then its exit. */
  #lose(worker: Worker, how: string, cause?: unknown): void {
    const idle = this.#idle.indexOf(worker);
    if (idle >= 0) this.#idle.splice(idle, 1);
    const job = this.#release(worker);
    if (!job) return;
    void worker.terminate();
    job.reject(this.#options.lost(how, cause));
    this.#dispatch();
  }

  #release(worker: Worker): Job<Task, Answer> | undefined {
    const busy = this.#busy.get(worker);
    if (!busy) return undefined;
    clearTimeout(busy.timer);
    this.#busy.delete(worker);
    return busy.job;
  }
}

function isFailed(answer: { readonly kind: string }): answer is Failed {
  return answer.kind === 'failed';
}
