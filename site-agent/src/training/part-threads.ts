import { Worker } from 'node:worker_threads';
import type { Rows } from '@consilium/cohort';
import { privateSum, type PartGradients, type PartsOfStudy, type PrivateStep, type PrivateSum } from '@consilium/learning';
import type { PatientOutcome } from '@consilium/privacy/mechanism';
import { threadLocation } from './thread-location.js';

/** The patients of a private step that one thread takes; it draws what it needs from the system. */
type PrivatePart = Omit<PrivateStep, 'words' | 'signal'>;

export type PartWork =
  { readonly weights: Float32Array; readonly part: Uint32Array; readonly stepSeed: Uint8Array } | { readonly step: PrivatePart };
export type PartRequest = PartsOfStudy | { readonly id: number; readonly work: PartWork };
export type PartFound = { readonly gradient: Float32Array } | { readonly privateSum: PrivateSum } | { readonly failure: string };
export interface PartAnswer {
  readonly id: number;
  readonly found: PartFound;
}

/** Parameters times patients of one thread, below which its turn costs more than it gains: some 20 ms. */
const WORTH_A_THREAD = 2 ** 22;

/** Rows in memory that several threads read. Whoever keeps them keeps no second copy. */
export function sharedRows(rows: Rows): Rows {
  return { ...rows, x: shared(rows.x), y: shared(rows.y), patients: sharedWords(rows.patients) };
}

// Whoever has rows reads them; what only an unshared buffer can do, such as being handed over, nobody does with them.
function shared(values: Float32Array): Rows['x'] {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy as Float32Array as Rows['x'];
}

function sharedWords(values: Int32Array): Rows['patients'] {
  const copy = new Int32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy as Int32Array as Rows['patients'];
}

/**
 * Threads with an engine each, in which the parts of a batch are computed side by side. Which thread computes which part
 * decides nothing: each answer has its place. Started when first needed, as many as a batch has parts.
 */
export class PartThreads {
  readonly #most: number;
  readonly #threads: PartThread[] = [];

  /** @param most - threads, at least 1 */
  constructor(most: number) {
    this.#most = most;
  }

  /** @param parts - of one study at a time; its rows from {@link sharedRows}, or they are copied to each thread */
  for({ study, rows: { x, y } }: PartsOfStudy): PartGradients {
    const { model, algorithm, seed, cohort, derived } = study;
    const opening: PartsOfStudy = {
      study: { model, algorithm, seed, cohort: { outcome: cohort.outcome }, derived: tensorsOf(derived) },
      rows: { x, y },
    };
    const opened = new Set<PartThread>();
    return {
      take: async (weights, parts, step) => {
        const gradients = new Array<Float32Array>(parts.length);
        const waiting = parts.entries();
        await Promise.all(
          this.#first(parts.length).map(async (thread) => {
            if (!opened.has(thread)) thread.open(opening);
            opened.add(thread);
            // One iterator for all: whoever is free takes the next part.
            for (const [place, part] of waiting) gradients[place] = await thread.gradient(weights, part, step);
          }),
        );
        return gradients;
      },
    };
  }

  /**
   * The private sum of a step, its patients shared out among the threads: whole numbers, so that the sum is exact whoever
   * adds what. Small steps are taken here.
   * @throws the signal's reason
   */
  async privateSum(step: PrivateStep): Promise<PrivateSum> {
    const { study, weights, rows, sampled, rule, signal } = step;
    const threads = Math.min(this.#most, Math.floor((sampled.length * rule.dimension) / WORTH_A_THREAD));
    if (threads < 2) return privateSum(step);
    const each = Math.ceil(sampled.length / threads);
    const { model, algorithm, seed, cohort, derived } = study;
    const part = {
      study: { model, algorithm, seed, cohort: { outcome: cohort.outcome }, derived: tensorsOf(derived) },
      weights,
      rows,
      rule,
    };
    const sums = await Promise.all(
      this.#first(threads).map((thread, index) => thread.privateSum({ ...part, sampled: sampled.slice(index * each, (index + 1) * each) })),
    );
    signal?.throwIfAborted();
    return sums.reduce(together);
  }

  #first(threads: number): readonly PartThread[] {
    while (this.#threads.length < Math.min(this.#most, threads)) this.#threads.push(new PartThread());
    return this.#threads.slice(0, threads);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.close()));
  }
}

/** What decides which tensors there are, which learn, and from what. */
const tensorsOf = ({
  tensors,
  localTensors,
  recordWeights,
  layers,
}: PartsOfStudy['study']['derived']): PartsOfStudy['study']['derived'] => ({
  tensors,
  layers,
  ...(localTensors ? { localTensors } : {}),
  ...(recordWeights ? { recordWeights } : {}),
});

function together(a: PrivateSum, b: PrivateSum): PrivateSum {
  const outcomes: Partial<Record<PatientOutcome, number>> = { ...a.outcomes };
  for (const [outcome, count] of Object.entries(b.outcomes) as [PatientOutcome, number][])
    outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  return { sum: a.sum.map((value, i) => value + (b.sum[i] ?? 0)), outcomes };
}

class PartThread {
  readonly #worker: Worker;
  #failed: Error | undefined;
  readonly #waiting = new Map<number, { readonly resolve: (found: never) => void; readonly reject: (error: Error) => void }>();
  #ids = 0;

  constructor() {
    const { url, options } = threadLocation('part-thread', import.meta.url);
    this.#worker = new Worker(url, { ...options, name: 'parts' });
    this.#worker.unref();
    this.#worker.on('message', ({ id, found }: PartAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if ('failure' in found) waiting?.reject(new Error(found.failure));
      else waiting?.resolve(('gradient' in found ? found.gradient : found.privateSum) as never);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a thread of the training ended with exit code ${code}`)));
  }

  open(study: PartsOfStudy): void {
    this.#worker.postMessage(study satisfies PartRequest);
  }

  gradient(weights: Float32Array, part: Uint32Array, stepSeed: Uint8Array): Promise<Float32Array> {
    return this.#ask({ weights, part: part.slice(), stepSeed });
  }

  privateSum(step: PrivatePart): Promise<PrivateSum> {
    return this.#ask({ step });
  }

  #ask<Answer>(work: PartWork): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failed);
      // A thread may still be at something that nobody waits for any more, because another one failed.
      const id = this.#ids++;
      this.#waiting.set(id, { resolve: resolve as (found: never) => void, reject });
      this.#worker.postMessage({ id, work } satisfies PartRequest);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failed);
    this.#waiting.clear();
  }
}
