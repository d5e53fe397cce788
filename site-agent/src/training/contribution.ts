import { loadCohort, type EncodedCohort, type Rows } from '@consilium/cohort';
import {
  batchSeed,
  decodeState,
  metricCounts,
  NotFinite,
  PhysicalBatch,
  trainLocally,
  type LocalTraining,
  type ModelState,
} from '@consilium/learning';
import { expandNames, metricPlan, type StudyHash } from '@consilium/protocol';
import { quantise } from '@consilium/sealed-sum';
import { objectionTest } from '../objections/objection-test.js';
import { siteRefused } from '../rounds/site-refused.js';
import { sharedRows, type PartThreads } from './part-threads.js';
import type { ContributionJob, ContributionResult } from './jobs.js';
import { drawNoise, noisyJob, noisyLanes } from './noisy-contribution.js';

/** Studies whose rows stay in memory between rounds. */
const COHORTS_KEPT = 2;

/** With what a study's rows are trained on. */
export type TrainingMeans = Pick<LocalTraining, 'gradients'> & {
  readonly physical: PhysicalBatch;
  readonly threads?: PartThreads | undefined;
};

export interface RowsToTrain {
  readonly cohort: EncodedCohort;
  readonly means: TrainingMeans;
}

interface Loaded {
  readonly rows: EncodedCohort;
  /** Of the list of objections that these rows honour. */
  readonly version: string | undefined;
  /** What of them the engine takes at once. */
  readonly physical: PhysicalBatch;
}

/**
 * The rows of the studies that this thread works for. They are read once: the fingerprint of a cohort is fixed for a
 * study, and a source that changes is used from the next study on (PROTOCOL.md section 9). They are read again when
 * the list of patients who object has changed.
 */
export class LoadedCohorts {
  readonly #loaded = new Map<StudyHash, Loaded>();
  readonly #threads: PartThreads | undefined;

  /** @param threads - that read the same rows; absent: this one computes alone */
  constructor(threads?: PartThreads) {
    this.#threads = threads;
  }

  /** @throws CohortRefused; SiteRefused DATA_CHANGED where the fingerprint is not that of the first use */
  async rowsFor({ hash, study, cohort }: ContributionJob): Promise<RowsToTrain> {
    const { source, patientId, splitKey, objections, minPatients, cacheDir, fingerprint } = cohort;
    const held = this.#loaded.get(hash);
    this.#loaded.delete(hash);
    const current = held !== undefined && held.version === objections?.version;
    const objects = objections && objectionTest(objections);
    const loading = { source, schema: study.cohort, patientId, splitKey, objects, minPatients, cacheDir };
    const rows = current ? held.rows : this.#shared(await loadCohort(loading));
    const physical = current ? held.physical : new PhysicalBatch();
    if (fingerprint !== undefined && fingerprint !== rows.fingerprint) throw siteRefused('DATA_CHANGED');
    this.#loaded.set(hash, { rows, version: objections?.version, physical });
    for (const oldest of [...this.#loaded.keys()].slice(0, -COHORTS_KEPT)) this.#loaded.delete(oldest);
    const gradients = this.#threads?.for({ study, rows: rows.train });
    return { cohort: rows, means: { physical, threads: this.#threads, ...(gradients === undefined ? {} : { gradients }) } };
  }

  #shared(cohort: EncodedCohort): EncodedCohort {
    return this.#threads ? { ...cohort, train: sharedRows(cohort.train) } : cohort;
  }
}

/**
 * One site's step of a round, from its rows to the integers of its contribution: training from the agreed state, the
 * metrics of that state, as whole numbers (PROTOCOL.md sections 5 and 6). Without noise it is deterministic; with noise it
 * is drawn anew each time it is asked for, so the caller keeps what it got for every attempt of the round.
 * @throws CohortRefused, SiteRefused DATA_CHANGED or WEIGHT_TOO_LARGE, NotFinite
 */
export async function contribution(job: ContributionJob, cohorts: LoadedCohorts): Promise<ContributionResult> {
  const noisy = noisyJob(job);
  // Before the first look at the data, here and not later.
  const drawn = noisy && drawNoise(noisy);
  const { cohort, means } = await cohorts.rowsFor(job);
  const { train, test, fingerprint } = cohort;
  const before = means.physical.halvings;
  const halved = () => (means.physical.halvings > before ? { halvings: means.physical.halvings } : {});
  const state = decodeState(job.state, job.study);
  if (noisy && drawn) {
    const packed = await noisyLanes(noisy, drawn, state, cohort, means);
    return { fingerprint, counts: await ownCounts(job, state, cohort), ...packed, ...halved() };
  }
  const counts = job.evaluate
    ? await metricCounts({ study: job.study, plan: metricPlan(job.study), state, train, test, clamped: 0n })
    : undefined;
  const lanes = await exactLanes(job, state, train, counts, means);
  return { fingerprint, counts, lanes, ...halved() };
}

/** Mode `none`: the update as it is, to the levels of the study's range. */
async function exactLanes(
  { study, hash, round, stateDigest }: ContributionJob,
  state: ModelState,
  rows: Rows,
  counts: Readonly<Record<string, bigint>> | undefined,
  means: TrainingMeans,
): Promise<Int32Array> {
  const { algorithm } = study;
  if (algorithm.name === 'dp-sgd') throw siteRefused('ENGINE_UNSUPPORTED', { op: algorithm.name });
  const weight = rows.patientCount;
  if (weight > algorithm.maxWeight) throw siteRefused('WEIGHT_TOO_LARGE');
  const riding = counts ?? Object.fromEntries(expandNames(metricPlan(study).names).map((name) => [name, 0n]));
  if (round === 'evaluate') return quantise({ weight, counts: riding }, study.derived.sums.evaluate).lanes;
  const seed = batchSeed(hash, Buffer.from(stateDigest, 'hex'));
  const { update } = await trainLocally({ study: { ...study, algorithm }, state, rows, seed, ...means });
  return quantise({ update, weight, counts: riding }, study.derived.sums.train).lanes;
}

/** The site's own figures about a state, which never leave it; nothing where the model gives none. */
async function ownCounts({ study, evaluate }: ContributionJob, state: ModelState, { train, test }: EncodedCohort) {
  if (!evaluate) return undefined;
  try {
    return await metricCounts({ study, plan: metricPlan(study), state, train, test, clamped: 0n });
  } catch (error) {
    // Whether the site takes part must not depend on what its own figures are.
    if (error instanceof NotFinite) return undefined;
    throw error;
  }
}
