import { Worker } from 'node:worker_threads';
import { ConsiliumError, type SiteRefusal } from '@consilium/protocol';
import { siteRefused } from '../rounds/site-refused.js';
import type { Job, JobAnswer, JobFailure, JobRequest, JobResults, ThreadEngine } from './jobs.js';
import { threadLocation } from './thread-location.js';

/** An error of the thread, as it was thrown there. */
export class JobFailed extends ConsiliumError {
  readonly refusal: SiteRefusal;
  /** Stack of the thread, for the incident. */
  readonly trace: string;

  constructor({ detail, refusal, trace }: JobFailure) {
    super(detail);
    this.refusal = refusal;
    this.trace = trace;
  }
}

export interface JobLimits {
  /** A job that takes longer is killed. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly job: Job;
  readonly limits: JobLimits;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one thread that reads patients' rows, trains, seals and opens, so that the session's heartbeats go on meanwhile.
 * Kept warm between jobs, one job at a time. A thread that dies, runs too long or is no longer wanted takes its job
 * with it, not the agent; the next job gets a new one.
 */
export class Workbench {
  readonly #start: () => Worker;
  readonly #queue: Waiting[] = [];
  #thread: Worker | undefined;
  #busy = false;
  #closed = false;
  #ids = 0;

  /** @param start - makes a thread that answers {@link JobRequest}s */
  constructor(start: () => Worker = () => startThread()) {
    this.#start = start;
  }

  /**
   * @throws JobFailed what the job threw; SiteRefused TRAINING_KILLED when the thread died or the time was over;
   * the signal's reason when it aborts
   */
  run<J extends Job>(job: J, limits: JobLimits): Promise<JobResults[J['kind']]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, limits, resolve: resolve as (result: never) => void, reject });
      void this.#next();
    });
  }

  /** Starts the thread before it is needed. */
  warm(): void {
    this.#readyThread();
  }

  /** Ends the thread; what still waits is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(closed());
    await this.#discard();
  }

  async #next(): Promise<void> {
    if (this.#busy) return;
    const waiting = this.#queue.shift();
    if (!waiting) return;
    this.#busy = true;
    try {
      waiting.limits.signal.throwIfAborted();
      if (this.#closed) throw closed();
      waiting.resolve((await this.#perform(waiting)) as never);
    } catch (error) {
      waiting.reject(error);
    } finally {
      this.#busy = false;
      void this.#next();
    }
  }

  #perform({ job, limits }: Waiting): Promise<unknown> {
    const thread = this.#readyThread();
    const id = this.#ids++;
    thread.ref();
    return new Promise<unknown>((resolve, reject) => {
      const end = (error: unknown) => {
        stopListening();
        this.#thread = undefined;
        void thread.terminate();
        reject(error);
      };
      const onMessage = (answer: JobAnswer) => {
        if (answer.id !== id) return;
        stopListening();
        if ('result' in answer) resolve(answer.result);
        else reject(new JobFailed(answer.failure));
      };
      const onError = (error: Error) => end(killed('code' in error && typeof error.code === 'string' ? error.code : error.name, error));
      const onExit = (code: number) => end(killed(`EXIT_${code}`));
      const onAbort = () => end(limits.signal.reason);
      const timer = setTimeout(() => end(killed('TIMEOUT')), limits.timeoutMs);
      const stopListening = () => {
        clearTimeout(timer);
        thread.unref();
        limits.signal.removeEventListener('abort', onAbort);
        thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      };
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
      limits.signal.addEventListener('abort', onAbort);
      thread.postMessage({ id, job } satisfies JobRequest);
    });
  }

  #readyThread(): Worker {
    if (this.#thread) return this.#thread;
    const thread = this.#start();
    // A thread may die between two jobs; without a listener that would end the agent.
    thread.on('error', () => undefined);
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    thread.unref();
    return (this.#thread = thread);
  }

  async #discard(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}

/** A thread that trains on the given engine. */
export function startThread(training: ThreadEngine = { engine: 'wasm' }): Worker {
  const { url, options } = threadLocation('bench-thread', import.meta.url);
  return new Worker(url, { ...options, name: 'training', workerData: training });
}

/** Only letters, digits and underscores leave the site. */
const killed = (signal: string, cause?: unknown) =>
  siteRefused('TRAINING_KILLED', { signal: signal.replace(/\W/g, '_').slice(0, 80) }, cause);

const closed = () =>
  new ConsiliumError({
    code: 'STOPPING',
    errorClass: 'failed',
    message: 'The agent is stopping.',
    fix: 'Start it again: consilium-site run',
  });
