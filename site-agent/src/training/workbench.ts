import type { Bench, JobLimits } from './bench.js';
import type { Job, JobResults } from './jobs.js';

/**
 * Where the agent's heavy work is done, so that the session's heartbeats go on meanwhile. What reads patients' rows and
 * trains has a process of its own, and no key of the agent goes there; what needs keys, sealing and opening, has a thread.
 */
export class Workbench {
  readonly #training: Bench;
  readonly #sealing: Bench;

  constructor({ training, sealing }: { readonly training: Bench; readonly sealing: Bench }) {
    this.#training = training;
    this.#sealing = sealing;
  }

  /** @throws what {@link Bench.run} throws */
  run<J extends Job>(job: J, limits: JobLimits): Promise<JobResults[J['kind']]> {
    return (job.kind === 'contribution' ? this.#training : this.#sealing).run(job, limits);
  }

  /** Starts the thread before it is needed; the process starts with the first training. */
  warm(): void {
    this.#sealing.warm();
  }

  async close(): Promise<void> {
    await Promise.all([this.#training.close(), this.#sealing.close()]);
  }
}
