import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Rows } from '@consilium/cohort';
import type { NormRule, PatientOutcome, RandomWords } from '@consilium/privacy/mechanism';
import type { LearningStudy } from '../learning-study.js';
import { augmentationRule, augmentIn, privateStepSeed, type AugmentationRule } from '../training/augment.js';
import { PatientRows } from '../training/patient-rows.js';
import { Workspace } from './kernels.js';
import { NearestVectors } from './nearest-vectors.js';
import type { PatientVectors } from './patient-vectors.js';
import { PrivateNetwork } from './private-network.js';
import { RandomVectors } from './random-vectors.js';

/** Work (`PrivateNetwork.work`) between two turns for other work: some 50 ms. */
const WORK_AT_ONCE = 40_000_000;

/** How many patients were treated how: private, and told at the site only. */
export type PatientOutcomes = Readonly<Partial<Record<PatientOutcome, number>>>;

/** What one step found at one site, before any noise. */
export interface PrivateSum {
  /** Σ over the sampled patients of their integer vectors, each of norm at most S. */
  readonly sum: Float64Array;
  readonly outcomes: PatientOutcomes;
}

export interface PrivateSums {
  readonly study: LearningStudy;
  readonly rows: Rows;
  readonly rule: NormRule;
  /** Only stochastic rounding draws from it. */
  readonly words: RandomWords;
}

/** The private sums of one site's rows, step after step, in memory that is made once. */
export class PrivateSummer {
  readonly #study: LearningStudy;
  readonly #rows: Rows;
  readonly #records: PatientRows;
  readonly #workspace = new Workspace();
  readonly #network: PrivateNetwork;
  readonly #vectors: PatientVectors;
  readonly #augmentation: AugmentationRule | undefined;

  constructor({ study, rows, rule, words }: PrivateSums) {
    this.#study = study;
    this.#rows = rows;
    this.#records = new PatientRows(rows);
    this.#augmentation = augmentationRule(study);
    this.#network = new PrivateNetwork(this.#workspace, study.derived.layers, study.cohort.outcome, study.derived.recordWeights);
    this.#vectors =
      rule.rounding === 'nearest'
        ? new NearestVectors(this.#workspace, this.#network, rule)
        : new RandomVectors(this.#workspace, this.#network, rule, words);
  }

  /**
   * Each patient's gradient, averaged over records, clipped to C, made whole numbers whose norm is checked exactly, and
   * added up (PROTOCOL.md section 6, step 2; Abadi et al. 2016, Algorithm 1). Whatever one patient's data are, the sum moves
   * by at most S when that patient comes or goes. One at a time.
   * @param weights - where the gradients are taken; as many as the model has parameters
   * @param sampled - patients of this step, each by its number in the rows; possibly none
   * @throws the signal's reason
   */
  async over(weights: Float64Array, sampled: Uint32Array, signal?: AbortSignal): Promise<PrivateSum> {
    this.#network.load(weights);
    // A function of the weights, which are charged for, and of the record alone: nothing more of a patient gets into the sum.
    const augment = this.#augmentation && augmentIn(this.#augmentation, privateStepSeed(this.#study, weights));
    const outcomes: Partial<Record<PatientOutcome, number>> = {};
    const { records, counts } = this.#records.ofAll(sampled);
    let patient = 0;
    let seen = 0;
    let work = WORK_AT_ONCE;
    try {
      for (let start = 0; start < records.length; start += this.#network.rows) {
        if (work >= WORK_AT_ONCE) {
          await yieldToOthers();
          signal?.throwIfAborted();
          work = 0;
        }
        const together = records.subarray(start, start + this.#network.rows);
        work += together.length * this.#network.work;
        const squares = this.#network.run(this.#rows, together, augment);
        for (let row = 0; row < together.length; row += 1) {
          const count = counts[patient] ?? 1;
          seen += 1;
          const outcome = this.#take(row, squares[row] ?? Number.NaN, seen, count);
          if (outcome === undefined) continue;
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          patient += 1;
          seen = 0;
        }
      }
    } catch (error) {
      // The next sum begins at zero.
      this.#vectors.finish();
      throw error;
    }
    return { sum: this.#vectors.finish(), outcomes };
  }

  /** The `seen`th of a patient's `count` records. @returns nothing as long as more are to come */
  #take(row: number, squaredNorm: number, seen: number, count: number): PatientOutcome | undefined {
    const vectors = this.#vectors;
    if (count === 1 && vectors.takesRecords) return vectors.takeRecord(row, squaredNorm);
    if (seen === 1) this.#workspace.floats(vectors.mean, this.#network.length).fill(0);
    for (const { layer, offset } of this.#network.placed) layer.add(row, 1 / count, vectors.mean + offset * 4);
    return seen < count ? undefined : vectors.takeMean();
  }
}
