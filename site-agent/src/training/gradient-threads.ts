import { Worker } from 'node:worker_threads';
import type { Rows } from '@consilium/cohort';
import type { PartGradients, PartsOfStudy } from '@consilium/learning';
import { threadLocation } from './thread-location.js';

export type GradientRequest = PartsOfStudy | { readonly weights: Float32Array; readonly part: Uint32Array };
export type GradientAnswer = { readonly gradient: Float32Array } | { readonly failure: string };

/** Rows in memory that several threads read. Whoever keeps them keeps no second copy. */
export function sharedRows(rows: Rows): Rows {
  return { ...rows, x: shared(rows.x), y: shared(rows.y) };
}

function shared(values: Float32Array): Rows['x'] {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  // Whoever has rows reads them; what only an unshared buffer can do, such as being handed over, nobody does with them.
  return copy as Float32Array as Rows['x'];
}

/**
 * Threads with an engine each, in which the parts of a batch are computed side by side. Which thread computes which part
 * decides nothing: each answer has its place. Started when first needed, as many as a batch has parts.
 */
export class GradientThreads {
  readonly #most: number;
  readonly #threads: GradientThread[] = [];

  /** @param most - threads, at least 1 */
  constructor(most: number) {
    this.#most = most;
  }

  /** @param parts - of one study at a time; its rows from {@link sharedRows}, or they are copied to each thread */
  for({ study, rows: { x, y } }: PartsOfStudy): PartGradients {
    const { model, algorithm, seed, cohort, derived } = study;
    const { tensors, layers } = derived;
    const opening: PartsOfStudy = {
      study: { model, algorithm, seed, cohort: { outcome: cohort.outcome }, derived: { tensors, layers } },
      rows: { x, y },
    };
    const opened = new Set<GradientThread>();
    return {
      take: async (weights, parts) => {
        while (this.#threads.length < Math.min(this.#most, parts.length)) this.#threads.push(new GradientThread());
        const gradients = new Array<Float32Array>(parts.length);
        const waiting = parts.entries();
        await Promise.all(
          this.#threads.slice(0, parts.length).map(async (thread) => {
            if (!opened.has(thread)) thread.open(opening);
            opened.add(thread);
            // One iterator for all: whoever is free takes the next part.
            for (const [place, part] of waiting) gradients[place] = await thread.take(weights, part);
          }),
        );
        return gradients;
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.close()));
  }
}

class GradientThread {
  readonly #worker: Worker;
  #failed: Error | undefined;
  #waiting: { readonly resolve: (gradient: Float32Array) => void; readonly reject: (error: Error) => void } | undefined;

  constructor() {
    const { url, options } = threadLocation('gradient-thread', import.meta.url);
    this.#worker = new Worker(url, { ...options, name: 'gradients' });
    this.#worker.unref();
    this.#worker.on('message', (answer: GradientAnswer) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if ('gradient' in answer) waiting?.resolve(answer.gradient);
      else waiting?.reject(new Error(answer.failure));
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a thread of the training ended with exit code ${code}`)));
  }

  open(study: PartsOfStudy): void {
    this.#worker.postMessage(study satisfies GradientRequest);
  }

  take(weights: Float32Array, part: Uint32Array): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failed);
      this.#waiting = { resolve, reject };
      this.#worker.postMessage({ weights, part: part.slice() } satisfies GradientRequest);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#waiting?.reject(this.#failed);
    this.#waiting = undefined;
  }
}
