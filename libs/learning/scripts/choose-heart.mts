/**
 * Chooses model and algorithm of demo/heart.yaml by stratified cross-validation on the training rows; no test row is
 * looked at. `npm run build && node libs/learning/scripts/choose-heart.mts [--data DIR] [--folds 5] [--repeats 2]`
 *
 * Score: accuracy at 0.5 on rows held out, mean of the four hospitals. Rule, fixed beforehand: among the settings within
 * one standard error of the best, take the one with the least that can vary (logistic before network, all rows before
 * batches, adaptive before plain averaging), then the lowest held-out loss.
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Algorithm, canonicalJson, encodedColumns, LOSS_UNITS, Model, modelTensors, sha256Hex, type Json } from '@consilium/protocol';
import type { Rows } from '@consilium/cohort';
import { evaluate, trainInMemory, type LearningStudy } from '@consilium/learning';
import { dataFolder, heartCohorts, heartStudy, HOSPITALS, withoutTestRows } from './heart-rows.mts';

const { values: options } = parseArgs({
  options: { data: { type: 'string' }, folds: { type: 'string', default: '5' }, repeats: { type: 'string', default: '2' } },
});
const folds = Number(options.folds);
const repeats = Number(options.repeats);

interface Setting {
  readonly label: string;
  readonly study: LearningStudy;
}
interface Score extends Setting {
  readonly accuracy: number;
  readonly pooled: number;
  readonly loss: number;
  readonly standardError: number;
}

/** A small grid around the recipe of the trial: rounds and steps stay, what they are for a study of a minute. */
function settings(inputs: number): readonly Setting[] {
  const logistic = [0.001, 0.01, 0.03].map((l2) => ({ type: 'logistic-regression', l2 }));
  const network = [{ type: 'multilayer-perceptron', hidden: [16], activation: 'tanh', l2: 0.01 }];
  const averaging = [0.05, 0.1, 0.3].map((learningRate) => ({ name: 'fedavg', learningRate }));
  const adaptive = ['fedadam', 'fedyogi'].flatMap((name) =>
    [
      [0.05, 0.03],
      [0.05, 0.1],
      [0.1, 0.03],
    ].map(([learningRate, serverLearningRate]) => ({ name, learningRate, serverLearningRate })),
  );
  return [...logistic, ...network].flatMap((model) =>
    ['full', 16].flatMap((batchSize) =>
      [...averaging, ...adaptive].map((algorithm) => ({
        label: [
          model.type === 'logistic-regression' ? `logistic l2 ${model.l2}` : 'mlp 16 l2 0.01',
          `${algorithm.name} lr ${algorithm.learningRate}${'serverLearningRate' in algorithm ? ` server ${algorithm.serverLearningRate}` : ''}`,
          `batch ${batchSize}`,
        ].join(', '),
        study: {
          model: Model.parse(model),
          algorithm: Algorithm.parse({ rounds: 30, localSteps: 10, batchSize, ...algorithm }),
          seed: 1,
          derived: { tensors: modelTensors(Model.parse(model), inputs) },
        },
      })),
    ),
  );
}

/** The rows of a site in a fixed random order, dealt out to folds outcome by outcome. */
function foldOf(hospital: string, rows: Rows, repeat: number): readonly number[] {
  const key = (row: number) => createHash('sha256').update(`${hospital} ${repeat} ${row}`).digest('hex');
  const order = Array.from(rows.y.keys()).sort((a, b) => (rows.y[a] ?? 0) - (rows.y[b] ?? 0) || (key(a) < key(b) ? -1 : 1));
  const fold: number[] = [];
  for (const [position, row] of order.entries()) fold[row] = position % folds;
  return fold;
}

function pick(rows: Rows, keep: (row: number) => boolean): Rows {
  const kept = Array.from(rows.y.keys()).filter(keep);
  const columns = rows.x.length / rows.y.length;
  return {
    x: Float32Array.from(kept.flatMap((row) => Array.from(rows.x.subarray(row * columns, (row + 1) * columns)))),
    y: Float32Array.from(kept, (row) => rows.y[row] ?? 0),
    patients: Int32Array.from(kept, (_, index) => index),
    patientCount: kept.length,
  };
}

async function crossValidate({ label, study }: Setting, sites: readonly Rows[]): Promise<Score> {
  const right = sites.map(() => 0);
  let loss = 0;
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const assigned = sites.map((rows, site) => foldOf(HOSPITALS[site] ?? '', rows, repeat));
    const studyHash = sha256Hex(canonicalJson({ label, repeat } as Json));
    for (let fold = 0; fold < folds; fold += 1) {
      const train = sites.map((rows, site) => pick(rows, (row) => assigned[site]?.[row] !== fold));
      const state = await trainInMemory({ study: { ...study, seed: repeat + 1 }, studyHash, sites: train });
      for (const [site, rows] of sites.entries()) {
        const held = await evaluate({ study, state, rows: pick(rows, (row) => assigned[site]?.[row] === fold) });
        right[site] = (right[site] ?? 0) + Number(held.truePositives + held.trueNegatives) / repeats;
        loss += Number(held.loss) / LOSS_UNITS / repeats;
      }
    }
  }
  const patients = sites.map((rows) => rows.patientCount);
  const total = patients.reduce((a, b) => a + b, 0);
  const shares = right.map((count, site) => count / (patients[site] ?? 1));
  const variance = shares.reduce((sum, share, site) => sum + (share * (1 - share)) / (patients[site] ?? 1), 0);
  return {
    label,
    study,
    accuracy: shares.reduce((a, b) => a + b, 0) / sites.length,
    pooled: right.reduce((a, b) => a + b, 0) / total,
    loss: loss / total,
    standardError: Math.sqrt(variance) / sites.length,
  };
}

/** Smaller is steadier. */
const varies = ({ study }: Setting): number =>
  (study.model.type === 'logistic-regression' ? 0 : 4) +
  (study.algorithm.batchSize === 'full' ? 0 : 2) +
  (study.algorithm.name === 'fedavg' ? 1 : 0);

const cohort = heartStudy().cohort;
const sites = (await heartCohorts(dataFolder(options.data), withoutTestRows(cohort))).map(({ train }) => train);
const scores: Score[] = [];
for (const setting of settings(encodedColumns(cohort).length)) scores.push(await crossValidate(setting, sites));
scores.sort((a, b) => b.accuracy - a.accuracy || a.loss - b.loss);
const [best] = scores;
if (!best) throw new Error('an empty grid');
const near = scores.filter((score) => score.accuracy >= best.accuracy - best.standardError);
const [chosen] = near.toSorted((a, b) => varies(a) - varies(b) || a.loss - b.loss);

console.log(
  `${scores.length} settings, ${folds} folds, ${repeats} repeats, ${sites.map((rows) => rows.patientCount).join('/')} training rows`,
);
console.log('mean of four  pooled  loss    setting');
for (const { accuracy, pooled, loss, label } of scores)
  console.log(
    `${accuracy.toFixed(4)}        ${pooled.toFixed(4)}  ${loss.toFixed(4)}  ${label}${label === chosen?.label ? '   <- chosen' : ''}`,
  );
console.log(
  `${near.length} settings lie within one standard error (${best.standardError.toFixed(4)}) of the best. Chosen: ${chosen?.label}`,
);
