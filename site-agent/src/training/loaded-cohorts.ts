import { loadCohort, type EncodedCohort } from '@consilium/cohort';
import { PhysicalBatch, type LocalTraining } from '@consilium/learning';
import type { StudyHash } from '@consilium/protocol';
import { objectionTest } from '../objections/objection-test.js';
import { siteRefused } from '../rounds/site-refused.js';
import type { ContributionJob } from './jobs.js';
import { sharedRows, type PartThreads } from './part-threads.js';

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
