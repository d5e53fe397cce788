import type { EncodedCohort } from '@consilium/cohort';
import { evaluatedPatients, privateSum, trainPrivately, batchSeed, siteStep } from '@consilium/learning';
import type { ModelState } from '@consilium/learning';
import {
  addPatient,
  boundPatient,
  DiscreteGaussian,
  noisySum,
  normRule,
  poissonSample,
  SystemRandomness,
  type RandomWords,
} from '@consilium/privacy/mechanism';
import { noisyPlan, SCORE_UNIT, tableCounts, type DerivedNoise, type NoisyPrivacy, type SumSegment } from '@consilium/protocol';
import { noisedLanes, quantise } from '@consilium/sealed-sum';
import { siteRefused } from '../rounds/site-refused.js';
import { kept, type ContributionJob, type ContributionResult } from './jobs.js';
import type { TrainingMeans } from './loaded-cohorts.js';

/** The noise of one round at this site, drawn before any of its data are looked at. */
interface RoundNoise {
  readonly words: RandomWords;
  readonly update: Int32Array;
  /** Empty in a round without metrics. */
  readonly table: Int32Array;
}

/** A job of a study with noise, its parts known to be there. */
export interface NoisyJob {
  readonly job: ContributionJob;
  readonly privacy: NoisyPrivacy;
  readonly noise: DerivedNoise;
}

export function noisyJob(job: ContributionJob): NoisyJob | undefined {
  const { privacy, derived } = job.study;
  return privacy.mode === 'none' || derived.noise === undefined ? undefined : { job, privacy, noise: derived.noise };
}

/**
 * Draws a round's noise from the operating system: the time it takes tells nothing of the data, which are not read yet
 * (PROTOCOL.md section 6).
 */
export function drawNoise({ job, privacy, noise }: NoisyJob, words: RandomWords = new SystemRandomness()): RoundNoise {
  const draw = (length: number, variance: number): Int32Array => {
    const draws = new Int32Array(length);
    new DiscreteGaussian(variance).drawInto(draws, words);
    return draws;
  };
  const inSum = job.round === 'train' && privacy.mode !== 'patient/local';
  return {
    words,
    update: inSum ? draw(job.study.derived.parameterCount, noise.variance) : new Int32Array(0),
    table: job.metrics && noise.tableVariance !== undefined ? draw(noise.tableCells ?? 0, noise.tableVariance) : new Int32Array(0),
  };
}

/**
 * The integers of a contribution with noise. Nothing in them depends on one patient by more than S, and whether the site
 * takes part depends on no patient at all.
 * @throws NotFinite in mode `site` only; the signal's reason
 */
export async function noisyLanes(
  noisy: NoisyJob,
  drawn: RoundNoise,
  state: ModelState,
  { train, test }: Pick<EncodedCohort, 'train' | 'test'>,
  means: Partial<TrainingMeans> = {},
): Promise<Pick<ContributionResult, 'lanes' | 'outcomes' | 'local'>> {
  const { job } = noisy;
  const parameters = job.study.derived.sums[job.round];
  const table = await noisyTable(noisy, drawn, state, test);
  if (noisy.privacy.mode === 'patient/local') {
    const found = job.round === 'train' ? await localUpdate(noisy, drawn.words, state, train) : undefined;
    const weight = found ? sizeOf(job) : 0;
    const { lanes } = quantise({ ...(found ? { update: found.update } : {}), weight, counts: {} }, parameters);
    return { lanes: noisedLanes({ update: new Int32Array(0), table }, parameters, lanes), ...(found ? { outcomes: found.outcomes } : {}) };
  }
  if (job.round === 'evaluate') return { lanes: noisedLanes({ update: new Int32Array(0), table }, parameters) };
  const { sum, ...rest } = await updateSum(noisy, drawn, state, train, means);
  const update = noisySum(sum, drawn.update, boundOf(parameters.segments, 'noised'));
  return { lanes: noisedLanes({ update, table }, parameters), ...rest };
}

/** Each evaluation patient in one cell of each table, in units of 1/SCORE_UNIT, clamped and noised; zeros where none is asked for. */
async function noisyTable({ job }: NoisyJob, drawn: RoundNoise, state: ModelState, test: EncodedCohort['test']): Promise<Int32Array> {
  const { segments } = job.study.derived.sums[job.round];
  const plan = noisyPlan(job.study);
  const isAsked = segments.some((segment) => segment.name === 'table');
  if (drawn.table.length === 0 || !plan) return new Int32Array(isAsked && plan ? plan.cells : 0);
  const { subgroups } = plan;
  const counts = tableCounts(plan, await evaluatedPatients({ study: job.study, state, rows: test, subgroups }));
  return noisySum(
    counts.map((count) => count * SCORE_UNIT),
    drawn.table,
    boundOf(segments, 'table'),
  );
}

/** What the noise of mode `patient/distributed` or `site` is added to. */
async function updateSum(
  { job, privacy, noise }: NoisyJob,
  { words }: RoundNoise,
  state: ModelState,
  rows: EncodedCohort['train'],
  { threads, ...means }: Partial<TrainingMeans>,
): Promise<{ readonly sum: Float64Array } & Pick<ContributionResult, 'outcomes' | 'local'>> {
  const { study } = job;
  const rule = normRule(study.derived.parameterCount, privacy.clip, noise.normBound);
  if (privacy.mode === 'patient/distributed') {
    const sampled = poissonSample(rows.patientCount, noise.sampling, words);
    const step = { study, weights: state.weights, rows, sampled, rule, words };
    return threads ? threads.privateSum(step) : privateSum(step);
  }
  const { algorithm } = study;
  if (algorithm.name === 'dp-sgd') throw siteRefused('ENGINE_UNSUPPORTED', { op: algorithm.name });
  const seed = batchSeed(job.hash, Buffer.from(job.stateDigest, 'hex'));
  const { update, local } = await siteStep({ study: { ...study, algorithm }, state, local: job.local, rows, seed, ...means });
  const vector = new Int32Array(rule.dimension);
  boundPatient(update, rule, words, vector);
  const sum = new Float64Array(rule.dimension);
  addPatient(sum, vector);
  // Mode `site` protects the site as a whole: what it keeps is its own, and what it sends is bounded whatever it keeps.
  return { sum, outcomes: {}, ...kept(local) };
}

async function localUpdate({ job, privacy, noise }: NoisyJob, words: RandomWords, state: ModelState, rows: EncodedCohort['train']) {
  const { study } = job;
  const { algorithm } = study;
  if (algorithm.name === 'dp-sgd') throw siteRefused('ENGINE_UNSUPPORTED', { op: algorithm.name });
  return trainPrivately({ study: { ...study, algorithm }, noise, clip: privacy.clip, state, rows, publicSize: sizeOf(job), words });
}

/** The study names a size for every site in modes that hide patients; its schema sees to that. */
const sizeOf = ({ publicSize = 0 }: ContributionJob): number => publicSize;

function boundOf(segments: readonly SumSegment[], name: 'noised' | 'table'): number {
  for (const segment of segments) if (segment.name === name && 'bound' in segment) return segment.bound;
  return 0;
}
