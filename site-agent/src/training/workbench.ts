import type { Bench, JobLimits } from './bench.js';
import type { Job, JobResults } from './jobs.js';

const readsRows = ({ kind }: Job): boolean => kind === 'contribution' || kind === 'check';

/**
 * Where the agent's heavy work is done, so that the session's heartbeats go on meanwhile. What reads patients' rows and
 * trains has a process of its own, and no key of the agent goes there; what needs keys, sealing and opening, has a thread.
 */
export class Workbench {
  readonly #training: Bench;
  readonly #sealing: Bench;
  readonly #onHalved: (halvings: number) => void;

  /** @param onHalved - hears how often a batch was halved for the engine's memory */
  constructor(
    { training, sealing }: { readonly training: Bench; readonly sealing: Bench },
    onHalved: (halvings: number) => void = () => undefined,
  ) {
    this.#onHalved = onHalved;
    this.#training = training;
    this.#sealing = sealing;
  }

  /** @throws what {@link Bench.run} throws */
  async run<J extends Job>(job: J, limits: JobLimits): Promise<JobResults[J['kind']]> {
    const result: JobResults[J['kind']] = await (readsRows(job) ? this.#training : this.#sealing).run(job, limits);
    if ('halvings' in result && result.halvings !== undefined) this.#onHalved(result.halvings);
    return result;
  }

  /** Starts the thread before it is needed; the process starts with the first training. */
  warm(): void {
    this.#sealing.warm();
  }

  async close(): Promise<void> {
    await Promise.all([this.#training.close(), this.#sealing.close()]);
  }
}
