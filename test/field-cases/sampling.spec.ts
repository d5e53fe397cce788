import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rows } from '@consilium/cohort';
import { decodeState, initialState } from '@consilium/learning';
import { holdingKey } from '@consilium/ledger';
import type { IntegerGaussian } from '@consilium/privacy';
import { normRule, poissonSample, SystemRandomness, type RandomWords } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import { parseYaml, resolveStudy, SiteName, StudyFile, StudyHash, type ResolvedStudy } from '@consilium/protocol';
import { laneCount, noisedSums } from '@consilium/sealed-sum';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { someRows } from '../../libs/learning/test/small-world.js';
import type { ContributionJob } from '../../site-agent/src/training/jobs.js';
import { drawNoise, noisyJob, noisyLanes, type NoisyJob } from '../../site-agent/src/training/noisy-contribution.js';
import { goodStudy } from '../support/bad-parameters.js';
import { BudgetWorld, patientStudyYaml, type NoisyTerms } from '../support/budget-world.js';

// Sizes of batches are those of seeded words: the same in every run. A right sampler leaves the ranges of the field case
// with one seed in 10^5 (mean, 4.5 standard errors), 10^4 (variance, 4 of them) and 10^4 (empty batches, 4 of them).

const studyOf = (terms: NoisyTerms): ResolvedStudy => resolveStudy(parseYaml(patientStudyYaml(terms), StudyFile, 'study'), sealParameters);

/** What a site is asked for in a train round; its rows are handed in, so the cohort's source is never read. */
function trainJob(study: ResolvedStudy): NoisyJob {
  const job: ContributionJob = {
    kind: 'contribution',
    hash: StudyHash.parse('0'.repeat(64)),
    study,
    cohort: {
      source: { type: 'csv', path: 'never-read.csv' },
      patientId: undefined,
      splitKey: Buffer.alloc(32),
      objections: undefined,
      minPatients: 10,
      fingerprint: undefined,
    },
    state: new Uint8Array(0),
    stateDigest: '0'.repeat(64),
    round: 'train',
    metrics: false,
    evaluate: false,
    publicSize: study.sites.publicSizes?.[SiteName.parse('a')],
  };
  return noisyJob(job)!;
}

/** Rows of so many patients; the first of them have a second one. */
function rowsOf(study: ResolvedStudy, patients: number, secondRecords = 0): Rows {
  const columns = study.derived.tensors[0]!.shape[0]!;
  const rows = someRows(patients + secondRecords, columns);
  return { ...rows, patients: rows.patients.map((row) => row % patients), patientCount: patients };
}

interface Contributed {
  readonly lanes: Int32Array;
  /** Patients whose gradients are in it, whatever became of each. */
  readonly batch: number;
}

/** One round's integers, made as the agent makes them: noise first, then the batch, then gradients. */
async function contribute(study: ResolvedStudy, rows: Rows, words?: RandomWords): Promise<Contributed> {
  const noisy = trainJob(study);
  const { lanes, outcomes = {} } = await noisyLanes(noisy, drawNoise(noisy, words), initialState(study), { train: rows, test: rows });
  return { lanes, batch: Object.values(outcomes).reduce((sum, count) => sum + count, 0) };
}

async function batches(study: ResolvedStudy, rows: Rows, steps: number, words: RandomWords): Promise<readonly number[]> {
  const sizes: number[] = [];
  for (let step = 0; step < steps; step += 1) sizes.push((await contribute(study, rows, words)).batch);
  return sizes;
}

const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

describe('PRV-1: a batch of patients', () => {
  const study = studyOf({ sampling: 0.1, rounds: 400, publicSize: 500 });

  it('has each of 500 with q = 0.1 and independently, also where 200 have two records', async () => {
    const sizes = await batches(study, rowsOf(study, 500, 200), 400, new SeededRandomness('PRV-1'));
    const mean = meanOf(sizes);
    expect(mean).toBeGreaterThan(48.5);
    expect(mean).toBeLessThan(51.5);
    // Batches of a fixed size, which the accountant does not price, would have none.
    const variance = meanOf(sizes.map((size) => (size - mean) ** 2));
    expect(variance).toBeGreaterThan(32);
    expect(variance).toBeLessThan(58);
  });

  it('is drawn like that in each of the steps of mode patient/local', async () => {
    const local = studyOf({ sampling: 0.1, rounds: 1, publicSize: 500, localSteps: 400 });
    const { batch } = await contribute(local, rowsOf(local, 500), new SeededRandomness('PRV-1'));
    expect(batch / 400).toBeGreaterThan(48.5);
    expect(batch / 400).toBeLessThan(51.5);
  });

  it('is another one in another run: neither the study nor its seed tells who was in it', async () => {
    const rows = rowsOf(study, 500);
    // All of fifty batches agree in size by chance less than once in 10^60 runs.
    const run = () => batches(study, rows, 50, new SystemRandomness());
    expect(await run()).not.toEqual(await run());
    // The agent itself names no source of words.
    expect((await contribute(study, rows)).lanes).not.toEqual((await contribute(study, rows)).lanes);
  });
});

describe('PRV-1: 200 rounds at a site of 50 patients with q = 0.02', () => {
  const ROUNDS = 200;
  const world = new BudgetWorld({ sampling: 0.02, rounds: ROUNDS, publicSize: 50 });
  const { study } = world;
  const rows = rowsOf(study, 50);
  const wordsOf = (round: number) => new SeededRandomness(`PRV-1 round ${round}`);
  const contributed: Contributed[] = [];

  beforeAll(async () => {
    await world.start();
    const { budgets } = world.at('a');
    for (let round = 1; round <= ROUNDS; round += 1) {
      const reserved = await budgets.reserve(world, round);
      contributed.push(await contribute(study, rows, wordsOf(round)));
      await budgets.spend(world, reserved, { round, attempt: 0 });
    }
  });
  afterAll(() => world.stop());

  it('leaves 46 to 100 batches empty, and a contribution of full length, with noise, is sent for each', () => {
    const empty = contributed.filter(({ batch }) => batch === 0);
    expect(empty.length).toBeGreaterThanOrEqual(46);
    expect(empty.length).toBeLessThanOrEqual(100);
    for (const { lanes } of empty) {
      expect(lanes).toHaveLength(laneCount(study.derived.sums.train));
      expect(lanes.some((lane) => lane !== 0)).toBe(true);
    }
    // Whether anybody was drawn shows in no other length either.
    expect(new Set(contributed.map(({ lanes }) => lanes.length)).size).toBe(1);
  });

  it('has an entry and a price in the ledger for every round, the empty ones like the others', async () => {
    expect(world.entries('spend').map(({ round }) => round)).toEqual(contributed.map((_, index) => index + 1));
    const holdings = (await world.read()).state.studies.get(world.hash)?.holdings;
    const held = contributed.map((_, index) => holdings?.get(holdingKey('training', index + 1)));
    expect(new Set(held.map((holding) => holding?.status))).toEqual(new Set(['spent']));
    const prices = new Set(held.map((holding) => holding?.price.join(' ')));
    expect(prices.size).toBe(1);
    expect(held[0]?.price.every((price) => price > 0n)).toBe(true);
  });

  it('was drawn with the very q that the ledger has priced', () => {
    const rounds = new Map<number, IntegerGaussian>();
    for (const { items } of world.entries('reserve'))
      for (const item of items) for (const round of item.rounds) rounds.set(round, item.event as IntegerGaussian);
    for (const [index, { batch }] of contributed.entries()) {
      const words = wordsOf(index + 1);
      // The same words again: the noise takes its part, then the batch is drawn with what stands in the ledger.
      drawNoise(trainJob(study), words);
      expect(poissonSample(50, rounds.get(index + 1)!.q, words)).toHaveLength(batch);
    }
    expect(new Set([...rounds.values()].map(({ q }) => q.numerator / 2 ** q.bits))).toEqual(new Set([Math.ceil(0.02 * 2 ** 20) / 2 ** 20]));
  });
});

describe('PRV-1: a step of the model', () => {
  // 40 patients at each site, who say 50 in public: neither the real number nor the size of a batch may be what divides.
  const world = new BudgetWorld({ sampling: 0.02, rounds: 2, publicSize: 50 });
  beforeAll(() => world.start());
  afterAll(() => world.stop());

  it('is the sum over the public constant q·Σn̂, however few were drawn', async () => {
    await world.makeKeys();
    await world.openBlock(0, 4);
    await world.round(world.attempt(1, 0));
    const { study } = world;
    const shadow = readFileSync(join(world.at('a').root, 'state', 'shadow', world.hash, '1-0.sum.json'), 'utf8');
    const { lanes } = JSON.parse(shadow) as { readonly lanes: readonly number[] };
    const { update } = noisedSums(Int32Array.from(lanes), study.derived.sums.train);
    const { clip, scaledBound } = normRule(update.length, 1, study.derived.noise!.normBound);
    const { weights } = decodeState(readFileSync(join(world.folderOf('a'), 'state-1')), study);
    const before = initialState(study).weights;
    const q = Math.ceil(0.02 * 2 ** 20) / 2 ** 20;
    expect(Math.max(...update.map(Math.abs))).toBeGreaterThan(0);
    // Learning rate 0.5; the first weights are zero, so that the penalty on them is too.
    for (const [index, weight] of weights.entries())
      expect(weight).toBeCloseTo(before[index]! - (0.5 * update[index]! * (clip / scaledBound)) / (q * 3 * 50), 10);
  });
});

describe('PRV-1: a study that hides patients', () => {
  // The format has no word for class weights or oversampling, and takes no word that it does not know.
  it.each([
    ['algorithm', 'classWeights', { 0: 1, 1: 5 }],
    ['algorithm', 'oversampling', 'minority'],
    ['privacy', 'sampler', 'shuffle'],
    ['cohort', 'oversample', 2],
    ['cohort', 'weight', 'age'],
    ['model', 'classWeight', 'balanced'],
  ])('cannot say %s.%s', (section, field, value) => {
    const file = goodStudy();
    expect(StudyFile.safeParse(file).success).toBe(true);
    file[section] = { ...file[section], [field]: value };
    const { error } = StudyFile.safeParse(file);
    expect(error?.issues).toContainEqual(expect.objectContaining({ code: 'unrecognized_keys', path: [section], keys: [field] }));
  });

  it('cannot ask for shuffled batches of a fixed size', () => {
    const file = goodStudy();
    file['algorithm'] = { ...file['algorithm'], batchSize: 20 };
    const { error } = StudyFile.safeParse(file);
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['algorithm.batchSize']);
  });
});
