import type { EncodedCohort, Rows } from '@consilium/cohort';
import { batchSeed, decodeState, fineTuned, metricCounts, NotFinite, siteStep, wholeState, type ModelState } from '@consilium/learning';
import { expandNames, metricPlan } from '@consilium/protocol';
import { quantise } from '@consilium/sealed-sum';
import { siteRefused } from '../rounds/site-refused.js';
import { kept, type ContributionJob, type ContributionResult } from './jobs.js';
import type { LoadedCohorts, TrainingMeans } from './loaded-cohorts.js';
import { drawNoise, noisyJob, noisyLanes } from './noisy-contribution.js';

/**
 * One site's step of a round, from its rows to the integers of its contribution: training from the agreed state, the
 * metrics of that state, as whole numbers (PROTOCOL.md sections 5 and 6). Without noise it is deterministic; with noise it
 * is drawn anew each time it is asked for, so the caller keeps what it got for every attempt of the round.
 * @throws CohortRefused, SiteRefused DATA_CHANGED or WEIGHT_TOO_LARGE, NotFinite
 */
export async function contribution(job: ContributionJob, cohorts: LoadedCohorts): Promise<ContributionResult> {
  const noisy = noisyJob(job);
  // Before the first look at the data, here and not later.
  const begun = performance.now();
  const drawn = noisy && drawNoise(noisy);
  const noiseMs = performance.now() - begun;
  const { cohort, means } = await cohorts.rowsFor(job);
  const { train, test, fingerprint } = cohort;
  const before = means.physical.halvings;
  const halved = () => (means.physical.halvings > before ? { halvings: means.physical.halvings } : {});
  // Whatever is measured and trained here is measured and trained with what this site has learned for itself.
  const state = wholeState(job.study, decodeState(job.state, job.study), job);
  if (noisy && drawn) {
    const packed = await noisyLanes(noisy, drawn, state, cohort, means);
    const own = await ownModel(job, state, train, means);
    return { fingerprint, counts: await ownCounts(job, state, cohort), ...packed, ...own, noiseMs, ...halved() };
  }
  const counts = job.evaluate
    ? await metricCounts({ study: job.study, plan: metricPlan(job.study), state, train, test, clamped: 0n })
    : undefined;
  return {
    fingerprint,
    counts,
    ...(await exactLanes(job, state, train, counts, means)),
    ...(await ownModel(job, state, train, means)),
    ...halved(),
  };
}

/** Beside the last look at the final state, the site's own model of it; nothing where the study has none. */
async function ownModel(
  { study, hash, stateDigest, round }: ContributionJob,
  state: ModelState,
  rows: Rows,
  means: TrainingMeans,
): Promise<Pick<ContributionResult, 'own'>> {
  const { algorithm } = study;
  if (round !== 'evaluate' || algorithm.name === 'dp-sgd' || !algorithm.fineTune) return {};
  const seed = batchSeed(hash, Buffer.from(stateDigest, 'hex'));
  const { weights } = await fineTuned({ study: { ...study, algorithm }, state, rows, seed, ...means });
  return { own: weights };
}

/** Mode `none`: the update as it is, to the levels of the study's range. */
async function exactLanes(
  job: ContributionJob,
  state: ModelState,
  rows: Rows,
  counts: Readonly<Record<string, bigint>> | undefined,
  means: TrainingMeans,
): Promise<Pick<ContributionResult, 'lanes' | 'local'>> {
  const { study, hash, round, stateDigest } = job;
  const { algorithm } = study;
  if (algorithm.name === 'dp-sgd') throw siteRefused('ENGINE_UNSUPPORTED', { op: algorithm.name });
  const weight = rows.patientCount;
  if (weight > algorithm.maxWeight) throw siteRefused('WEIGHT_TOO_LARGE');
  const riding = counts ?? Object.fromEntries(expandNames(metricPlan(study).names).map((name) => [name, 0n]));
  if (round === 'evaluate') return { lanes: quantise({ weight, counts: riding }, study.derived.sums.evaluate).lanes };
  const seed = batchSeed(hash, Buffer.from(stateDigest, 'hex'));
  const { update, local } = await siteStep({ study: { ...study, algorithm }, state, local: job.local, rows, seed, ...means });
  return { lanes: quantise({ update, weight, counts: riding }, study.derived.sums.train).lanes, ...kept(local) };
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
