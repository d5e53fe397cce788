import { loadCohort, type EncodedCohort } from '@consilium/cohort';
import { batchSeed, decodeState, metricCounts, trainLocally } from '@consilium/learning';
import type { StudyHash } from '@consilium/protocol';
import { METRIC_COUNTS } from '@consilium/protocol';
import { quantise } from '@consilium/sealed-sum';
import { siteRefused } from '../rounds/site-refused.js';
import type { ContributionJob, ContributionResult } from './jobs.js';

/** Studies whose rows stay in memory between rounds. */
const COHORTS_KEPT = 2;

/**
 * The rows of the studies that this thread works for. They are read once: the fingerprint of a cohort is fixed for a
 * study, and a source that changes is used from the next study on (PROTOCOL.md section 9).
 */
export class LoadedCohorts {
  readonly #rows = new Map<StudyHash, EncodedCohort>();

  /** @throws CohortRefused; SiteRefused DATA_CHANGED where the fingerprint is not that of the first use */
  async rowsFor({ hash, study, cohort }: ContributionJob): Promise<EncodedCohort> {
    const { source, patientId, splitKey, minPatients, fingerprint } = cohort;
    const loaded = this.#rows.get(hash) ?? (await loadCohort({ source, schema: study.cohort, patientId, splitKey, minPatients }));
    if (fingerprint !== undefined && fingerprint !== loaded.fingerprint) throw siteRefused('DATA_CHANGED');
    this.#rows.delete(hash);
    this.#rows.set(hash, loaded);
    for (const oldest of [...this.#rows.keys()].slice(0, -COHORTS_KEPT)) this.#rows.delete(oldest);
    return loaded;
  }
}

/**
 * One site's step of a round, from its rows to the integers of its contribution: training from the agreed state, the
 * metrics of that state, quantised (PROTOCOL.md section 5). Deterministic, so that another attempt of the round gives
 * the same integers.
 * @throws CohortRefused, SiteRefused DATA_CHANGED or WEIGHT_TOO_LARGE, NotFinite
 */
export async function contribution(job: ContributionJob, cohorts: LoadedCohorts): Promise<ContributionResult> {
  const { study, hash } = job;
  const { train, test, fingerprint } = await cohorts.rowsFor(job);
  if (train.patientCount > study.algorithm.maxWeight) throw siteRefused('WEIGHT_TOO_LARGE');
  const state = decodeState(job.state, study);
  const counts = job.metrics ? await metricCounts({ study, state, train, test, clamped: 0n }) : undefined;
  const weight = train.patientCount;
  const parameters = study.derived.sums[job.round];
  const riding = counts ?? Object.fromEntries(METRIC_COUNTS.map((name) => [name, 0n]));
  if (job.round === 'evaluate') return { fingerprint, counts, lanes: quantise({ weight, counts: riding }, parameters).lanes };
  const seed = batchSeed(hash, Buffer.from(job.stateDigest, 'hex'));
  const { update } = await trainLocally({ study, state, rows: train, seed });
  return { fingerprint, counts, lanes: quantise({ update, weight, counts: riding }, parameters).lanes };
}
