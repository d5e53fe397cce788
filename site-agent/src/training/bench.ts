import { ConsiliumError, type SiteRefusal } from '@consilium/protocol';
import { killedBy, type JobRunner, type StartRunner } from './job-runner.js';
import type { Job, JobAnswer, JobFailure, JobResults } from './jobs.js';

/** An error of a runner, as it was thrown there. */
export class JobFailed extends ConsiliumError {
  readonly refusal: SiteRefusal;
  /** Stack of the runner, for the incident. */
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

/** What a site allows on one bench, whatever a job asks for. */
export interface BenchLimits {
  /** No job takes longer. */
  readonly longestMs?: number;
  /** Without a job for so long, the runner is ended, and its memory is free; absent: it is kept. */
  readonly idleMs?: number;
}

interface Waiting {
  readonly job: Job;
  readonly limits: JobLimits;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Who waits for the runner's answer, or for its end. */
interface Listening {
  readonly answer: (answer: JobAnswer) => void;
  readonly ended: (reason: unknown) => void;
}

/**
 * One runner, one job at a time, kept warm between jobs. A runner that dies, takes too long or is no longer wanted takes
 * its job with it, not the agent; the next job gets a new one.
 */
export class Bench {
  readonly #start: StartRunner;
  readonly #limits: BenchLimits;
  readonly #queue: Waiting[] = [];
  #runner: JobRunner | undefined;
  #listening: Listening | undefined;
  #idle: NodeJS.Timeout | undefined;
  #busy = false;
  #closed = false;
  #ids = 0;

  constructor(start: StartRunner, limits: BenchLimits = {}) {
    this.#start = start;
    this.#limits = limits;
  }

  /**
   * @throws JobFailed what the job threw; SiteRefused TRAINING_KILLED when the runner died or the time was over, RESOURCES
   * when it took more memory than the site allows; the signal's reason when it aborts
   */
  run<J extends Job>(job: J, limits: JobLimits): Promise<JobResults[J['kind']]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, limits, resolve: resolve as (result: never) => void, reject });
      void this.#next();
    });
  }

  /** Starts the runner before it is needed. */
  warm(): void {
    this.#ready();
  }

  /** Ends the runner; what still waits is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(closed());
    this.#listening?.ended(closed());
    await this.#discard();
  }

  async #next(): Promise<void> {
    if (this.#busy) return;
    const waiting = this.#queue.shift();
    if (!waiting) return;
    this.#busy = true;
    clearTimeout(this.#idle);
    try {
      waiting.limits.signal.throwIfAborted();
      if (this.#closed) throw closed();
      waiting.resolve((await this.#perform(waiting)) as never);
    } catch (error) {
      waiting.reject(error);
    } finally {
      this.#busy = false;
      this.#endWhenIdle();
      void this.#next();
    }
  }

  #perform({ job, limits: { timeoutMs, signal } }: Waiting): Promise<unknown> {
    const runner = this.#ready();
    const id = this.#ids++;
    const limitMs = Math.min(timeoutMs, this.#limits.longestMs ?? Infinity);
    return new Promise<unknown>((resolve, reject) => {
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#listening = undefined;
        runner.busy(false);
      };
      const ended = (reason: unknown) => {
        over();
        if (this.#runner === runner) void this.#discard();
        reject(reason);
      };
      const onAbort = () => ended(signal.reason);
      const timer = setTimeout(() => ended(killedBy('TIMEOUT', tooLong(limitMs))), limitMs);
      const answer = (answered: JobAnswer) => {
        if (answered.id !== id) return;
        over();
        if ('result' in answered) resolve(answered.result);
        else reject(new JobFailed(answered.failure));
      };
      this.#listening = { answer, ended };
      signal.addEventListener('abort', onAbort);
      runner.busy(true);
      runner.send({ id, job });
    });
  }

  #ready(): JobRunner {
    if (this.#runner) return this.#runner;
    // A runner may end between two jobs, and one that was given up may still speak.
    const runner: JobRunner = this.#start({
      answer: (answer) => {
        if (this.#runner === runner) this.#listening?.answer(answer);
      },
      ended: (reason) => {
        if (this.#runner !== runner) return;
        this.#runner = undefined;
        this.#listening?.ended(reason);
      },
    });
    return (this.#runner = runner);
  }

  #endWhenIdle(): void {
    const { idleMs } = this.#limits;
    if (idleMs === undefined || !this.#runner) return;
    this.#idle = setTimeout(() => void this.#discard(), idleMs).unref();
  }

  async #discard(): Promise<void> {
    clearTimeout(this.#idle);
    const runner = this.#runner;
    this.#runner = undefined;
    await runner?.kill();
  }
}

const tooLong = (limitMs: number) => new Error(`the job was not done after ${Math.round(limitMs / 1000)} seconds`);

const closed = () =>
  new ConsiliumError({
    code: 'STOPPING',
    errorClass: 'failed',
    message: 'The agent is stopping.',
    fix: 'Start it again: consilium-site run',
  });
