import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Rows } from '@consilium/cohort';
import { addPatient, boundPatient, type NormRule, type PatientOutcome, type RandomWords } from '@consilium/privacy/mechanism';
import type { LearningStudy } from '../learning-study.js';
import { activationOf, PatientGradients } from './patient-gradients.js';
import { PatientRows } from './patient-rows.js';

/** Parameters times patients between two turns for other work: some 50 ms. */
const WORK_AT_ONCE = 10_000_000;

export interface PrivateStep {
  readonly study: LearningStudy;
  /** Where the gradients are taken; as many as the model has parameters. */
  readonly weights: Float64Array;
  readonly rows: Rows;
  /** Patients of this step, each by its number in `rows`; possibly none. */
  readonly sampled: Uint32Array;
  readonly rule: NormRule;
  /** Only stochastic rounding draws from it. */
  readonly words: RandomWords;
  readonly signal?: AbortSignal | undefined;
}

/** How many patients were treated how: private, and told at the site only. */
export type PatientOutcomes = Readonly<Partial<Record<PatientOutcome, number>>>;

/** What one step found at one site, before any noise. */
export interface PrivateSum {
  /** Σ over the sampled patients of their integer vectors, each of norm at most S. */
  readonly sum: Float64Array;
  readonly outcomes: PatientOutcomes;
}

/**
 * One patient's gradient after the other, averaged over records, clipped to C, made whole numbers whose norm is checked
 * exactly, and added up (PROTOCOL.md section 6, step 2; Abadi et al. 2016, Algorithm 1). Whatever one patient's data are,
 * the sum moves by at most S when that patient comes or goes.
 * @throws the signal's reason
 */
export async function privateSum({ study, weights, rows, sampled, rule, words, signal }: PrivateStep): Promise<PrivateSum> {
  const records = new PatientRows(rows);
  const gradients = new PatientGradients(study.derived.tensors, weights, activationOf(study.model));
  const sum = new Float64Array(rule.dimension);
  const vector = new Int32Array(rule.dimension);
  const outcomes: Partial<Record<PatientOutcome, number>> = {};
  const atOnce = Math.max(1, Math.floor(WORK_AT_ONCE / rule.dimension));
  for (const [index, patient] of sampled.entries()) {
    if (index % atOnce === 0) {
      await yieldToOthers();
      signal?.throwIfAborted();
    }
    const outcome = boundPatient(gradients.of(patient, rows, records), rule, words, vector);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    addPatient(sum, vector);
  }
  return { sum, outcomes };
}
