import type { Rows } from '@consilium/cohort';
import { describe, expect, it } from 'vitest';
import { HASH, sequence, smallStudy } from '../../test/small-world.js';
import { engine } from '../engine/engine.js';
import { accuracy, evaluatedPatients, initialState, predict, riskScores, trainInMemory, type LearningStudy } from '../index.js';
import { lossOf } from '../losses/loss-of.js';
import { gradient, isPenalised } from '../network/descend.js';
import { recordShape } from '../network/record-shape.js';
import { outputsOf, runNetwork, tapsOf } from '../network/network.js';
import { vectorOf, weightsFrom } from '../network/weights.js';
import { batchSource } from './batch-source.js';

const survival = { type: 'survival', column: 't', range: [0, 100], event: { column: 'e', positive: '= 1' } };
const levels = ['a', 'b', 'c'];

/** Every outcome with the model made for it, and how a row with a strong signal `s` in (−2, 2) turns out. */
const outcomes: readonly (readonly [string, object, object, (s: number) => number])[] = [
  ['binary', { column: 'y', positive: '> 0' }, { type: 'logistic-regression' }, (s) => Number(s > 0)],
  ['class', { type: 'class', column: 'y', levels }, { type: 'logistic-regression' }, (s) => (s > 0.7 ? 2 : s < -0.7 ? 0 : 1)],
  ['ordinal', { type: 'ordinal', column: 'y', levels }, { type: 'ordinal-regression' }, (s) => (s > 0.7 ? 2 : s < -0.7 ? 0 : 1)],
  ['number', { type: 'number', column: 'y', range: [0, 9] }, { type: 'linear-regression' }, (s) => s / 2],
  ['count', { type: 'count', column: 'y', range: [0, 99] }, { type: 'poisson-regression' }, (s) => Math.round(Math.exp(s))],
  ['Cox', survival, { type: 'cox-regression' }, (s) => (s < -1.2 ? -20 : 10 - 4 * s)],
  ['discrete time', { ...survival, intervals: [6, 10, 14] }, { type: 'discrete-time-survival' }, (s) => (s < -1.2 ? -20 : 10 - 4 * s)],
];

function rowsFor(outcome: (s: number) => number, count: number, start: number): Rows {
  const next = sequence(start);
  const x = Float32Array.from({ length: count * 3 }, () => next() * 2 - 1);
  return {
    x,
    y: Float32Array.from({ length: count }, (_, row) => outcome(x[row * 3]! - x[row * 3 + 1]!)),
    patients: Int32Array.from({ length: count }, (_, row) => row),
    patientCount: count,
  };
}

/** Share of pairs of rows in the order of their signal. */
function ordered(scores: Float64Array, rows: Rows): number {
  let right = 0;
  let pairs = 0;
  const signal = (row: number) => rows.x[row * 3]! - rows.x[row * 3 + 1]!;
  for (let a = 0; a < scores.length; a += 1)
    for (let b = 0; b < a; b += 1) {
      pairs += 1;
      if (signal(a) > signal(b) === scores[a]! > scores[b]!) right += 1;
    }
  return right / pairs;
}

const network = { type: 'multilayer-perceptron', hidden: [6] };
const algorithm = { name: 'fedadam', rounds: 12, localSteps: 10, learningRate: 0.3, serverLearningRate: 0.3 };

describe('sites together learn', () => {
  it.each(
    outcomes.flatMap(([name, outcome, model, turn]) => [
      [name, outcome, model, turn] as const,
      [`${name} by a network`, outcome, network, turn] as const,
    ]),
  )('%s', async (_, outcome, model, turn) => {
    const study = smallStudy({ inputs: 3, outcome, model, algorithm });
    const sites = [3, 5, 9].map((start) => rowsFor(turn, 60, start));
    const state = await trainInMemory({ study, studyHash: HASH, sites });
    const test = rowsFor(turn, 80, 77);
    const loss = async (at = state) =>
      (await evaluatedPatients({ study, state: at, rows: test })).loss.reduce((sum, value) => sum + value, 0);
    expect(await loss()).toBeLessThan(0.95 * (await loss(initialState(study))));
    const scores = await riskScores({ study, state, rows: test });
    if (scores) expect(ordered(scores, test)).toBeGreaterThan(0.8);
    else expect(await accuracy({ study, state, rows: test })).toBeGreaterThan(0.75);
    expect((await predict({ study, state, rows: test })).every(Number.isFinite)).toBe(true);
  });
});

const image = { kind: 'image', height: 6, width: 5, channels: 2 } as const;
const block = { filters: 4, size: 3 };
const networks: readonly (readonly [string, LearningStudy])[] = [
  ['batch norm of columns', smallStudy({ inputs: 4, model: { ...network, norm: 'batch', l2: 0.1 } })],
  ['layer norm', smallStudy({ inputs: 4, model: { ...network, norm: 'layer', l2: 0.1 } })],
  [
    'a convolutional network',
    smallStudy({
      image,
      outcome: { type: 'class', column: 'y', levels },
      model: {
        type: 'convolutional-network',
        activation: 'tanh',
        blocks: [
          { ...block, norm: 'group', pool: 'average' },
          { ...block, stride: 2, norm: 'batch' },
        ],
        hidden: [3],
        l2: 0.1,
      },
    }),
  ],
  [
    'a flattened convolution with max pooling',
    smallStudy({
      image,
      model: { type: 'convolutional-network', activation: 'tanh', blocks: [{ ...block, pool: 'max' }], pooling: 'flatten' },
    }),
  ],
  ['text', smallStudy({ inputs: 5, model: { type: 'text-network', buckets: 16, dimension: 3, hidden: [4], activation: 'tanh', l2: 0.1 } })],
];

describe('the gradient of a whole network', () => {
  it.each(networks)('with %s is the slope of its penalised loss', async (name, study) => {
    const tf = await engine();
    const { layers, tensors } = study.derived;
    const next = sequence(13);
    const size = recordShape(layers).reduce((a, b) => a * b, 1);
    const rows: Rows = {
      x: Float32Array.from({ length: 7 * size }, () => (name === 'text' ? Math.floor(next() * 16) : next() * 2 - 1)),
      y: Float32Array.from({ length: 7 }, () => Math.floor(next() * 2)),
      patients: Int32Array.from(Array(7).keys()),
      patientCount: 7,
    };
    const loss = lossOf(study.cohort.outcome);
    const weights = initialState(study).weights.map((weight) => weight + (next() - 0.5) / 4);
    const batches = batchSource(tf, rows, { layers, loss }, 'full', new Uint8Array(32));
    const before = tf.memory().numTensors;
    const found = batches.withNext((batch) =>
      tf.tidy(() => gradient(tf, layers, weightsFrom(tf, tensors, weights), study.model.l2, batch)),
    );
    const slopes = Object.keys(found.slopes);
    const closed = await vectorOf(tensors, found.slopes);
    tf.dispose(found);
    expect(tf.memory().numTensors).toBe(before);
    const lossAt = (vector: Float64Array) =>
      batches.withNext((batch) =>
        tf.tidy(() => {
          const outputs = outputsOf(runNetwork(tf, layers, weightsFrom(tf, tensors, vector), batch, true));
          return loss.ofRows(outputs.dataSync<'float32'>(), rows.y).reduce((sum, value) => sum + value / 7, 0);
        }),
      );
    let at = 0;
    for (const tensor of tensors)
      for (const end = at + tensor.shape.reduce((a, b) => a * b, 1); at < end; at += 1) {
        if (!slopes.includes(tensor.name)) continue;
        const h = 2 ** -11;
        const slope = (lossAt(weights.with(at, weights[at]! + h)) - lossAt(weights.with(at, weights[at]! - h))) / (2 * h);
        expect(closed[at]).toBeCloseTo(slope + (isPenalised(tensor.name) ? study.model.l2 * weights[at]! : 0), 2);
      }
    batches.close();
    expect(Math.max(...closed.map(Math.abs))).toBeGreaterThan(0.02);
  });

  it("taps give each record's own slope: those of a batch are those of its records alone", async () => {
    const tf = await engine();
    const study = networks[2]![1];
    const layers = study.derived.layers.filter(({ kind }) => kind !== 'batchNorm');
    const next = sequence(17);
    const weights = initialState(study).weights;
    const x = Float32Array.from({ length: 3 * 60 }, () => next() - 0.5);
    const loss = lossOf(study.cohort.outcome);
    const taps = (first: number, count: number) =>
      tf.tidy(() => {
        const input = { x: tf.tensor(x.subarray(first * 60, (first + count) * 60), [count, 6, 5, 2]) };
        const passes = runNetwork(tf, layers, weightsFrom(tf, study.derived.tensors, weights), input, true);
        const batch = loss.on(
          tf,
          Float32Array.from({ length: count }, (_, row) => first + row),
        );
        return [...tapsOf(passes, batch.slope(outputsOf(passes)))].map(
          ({ layer, slope }) => [layer.kind, slope.dataSync().slice()] as const,
        );
      });
    const together = taps(0, 3);
    expect(together.map(([kind]) => kind)).toEqual(['dense', 'dense', 'convolution', 'groupNorm', 'convolution']);
    for (let record = 0; record < 3; record += 1)
      for (const [index, [, slope]] of taps(record, 1).entries()) {
        const own = together[index]![1].slice(record * slope.length, (record + 1) * slope.length);
        slope.forEach((value, i) => expect(own[i]).toBeCloseTo(value, 6));
      }
  });
});
