/**
 * Scores the frozen demo/heart.yaml on the benchmark's test rows, without encryption: five seeds, each hospital and the
 * mean, beside each hospital alone and pooled. `npm run build && node libs/learning/scripts/score-heart.mts [--data DIR]`
 */
import { parseArgs } from 'node:util';
import type { Rows } from '@consilium/cohort';
import { canonicalJson, encodedColumns, modelTensors, sha256Hex, type Json } from '@consilium/protocol';
import {
  accuracy,
  batchSeed,
  concatenateRows,
  initialState,
  stateDigest,
  trainInMemory,
  trainLocally,
  type LearningStudy,
} from '@consilium/learning';
import { dataFolder, heartCohorts, heartStudy, HOSPITALS } from './heart-rows.mts';

const { values: options } = parseArgs({ options: { data: { type: 'string' } } });
const file = heartStudy();
const cohorts = await heartCohorts(dataFolder(options.data), file.cohort);
const train = cohorts.map((cohort) => cohort.train);
const test = cohorts.map((cohort) => cohort.test);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const show = (label: string, shares: readonly number[]) =>
  console.log(label.padEnd(28), shares.map((share) => share.toFixed(4)).join('  '), ' mean', mean(shares).toFixed(4));

async function scores(study: LearningStudy, sites: readonly Rows[]): Promise<number[]> {
  const state = await trainInMemory({ study, studyHash: sha256Hex(canonicalJson({ seed: study.seed } as Json)), sites });
  const shares: number[] = [];
  for (const rows of test) shares.push((await accuracy({ study, state, rows })) ?? 0);
  return shares;
}

const study = (seed: number): LearningStudy => ({
  ...file,
  seed,
  derived: { tensors: modelTensors(file.model, encodedColumns(file.cohort).length) },
});
console.log(' '.repeat(28), HOSPITALS.join('  '));
const means: number[] = [];
for (let seed = 1; seed <= 5; seed += 1) {
  const shares = await scores(study(seed), train);
  means.push(mean(shares));
  show(`federated, seed ${seed}`, shares);
}
console.log(`mean over 5 seeds ${mean(means).toFixed(4)}`);
show('pooled', await scores(study(1), [concatenateRows(train)]));
for (const [index, rows] of train.entries()) show(`${HOSPITALS[index]} alone`, await scores(study(1), [rows]));

const state = initialState(study(1));
const [first = train[0]] = train;
if (first) {
  const training = { study: study(1), state, rows: first, seed: batchSeed('00'.repeat(32), stateDigest(state)) };
  for (let warm = 0; warm < 50; warm += 1) await trainLocally(training);
  const times: number[] = [];
  for (let run = 0; run < 101; run += 1) {
    const start = performance.now();
    await trainLocally(training);
    times.push(performance.now() - start);
  }
  const { update } = await trainLocally(training);
  console.log(
    `one local round (${file.algorithm.localSteps} steps, ${first.patientCount} rows): median ${times.sort((a, b) => a - b)[50]?.toFixed(2)} ms`,
  );
  console.log(`largest change of one parameter in round 1: ${Math.max(...update.map(Math.abs)).toFixed(4)}`);
}
