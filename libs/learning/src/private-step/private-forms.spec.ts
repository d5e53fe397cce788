import type { Rows } from '@consilium/cohort';
import { normRule } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import { parameterCount } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { engineGradient } from '../../test/engine-gradients.js';
import { smallStudy } from '../../test/small-world.js';
import { privateSum, type LearningStudy } from '../index.js';
import { recordSize } from '../network/record-shape.js';
import { PatientRows } from '../training/patient-rows.js';
import { Workspace } from './kernels.js';
import { PrivateNetwork } from './private-network.js';
import { PrivateSummer } from './private-summer.js';

const words = new SeededRandomness('rounding');
const binary = { column: 'y', positive: '> 0' };
const levels = ['a', 'b', 'c', 'd', 'e'];
const column = 'y';
const kinds = { type: 'class', column, levels };
const intervals = { type: 'survival', column, range: [0, 9], event: { column: 'e', positive: '> 0' }, intervals: [1, 2, 4] };
const image = (height: number, width: number, channels: number) => ({ kind: 'image', height, width, channels }) as const;
const cnn = (pooling: string, activation: string, ...blocks: object[]) => ({ type: 'convolutional-network', blocks, pooling, activation });
const mlp = (norm: string, ...hidden: number[]) => ({ type: 'multilayer-perceptron', hidden, norm, activation: 'tanh' });
const text = { type: 'text-network', buckets: 50, dimension: 5, hidden: [4] };

/** Whole vectors and not, strides, windows that leave an edge out, each outcome. Outcomes of a record: 0 to 4. */
const cases: readonly (readonly [string, Parameters<typeof smallStudy>[0] & object])[] = [
  ['classes', { inputs: 9, model: mlp('none', 6), outcome: kinds }],
  ['levels in order', { inputs: 9, model: mlp('none', 6), outcome: { ...kinds, type: 'ordinal' } }],
  ['levels in order without a layer below', { inputs: 11, model: { type: 'ordinal-regression' }, outcome: { ...kinds, type: 'ordinal' } }],
  ['a quantity', { inputs: 8, model: mlp('none', 5), outcome: { type: 'number', column, range: [0, 9], center: 1, scale: 2 } }],
  ['a count', { inputs: 7, model: { type: 'poisson-regression' }, outcome: { type: 'count', column, range: [0, 9] } }],
  ['discrete-time survival', { inputs: 7, model: { type: 'discrete-time-survival' }, outcome: intervals }],
  ['a convolution', { image: image(6, 8, 1), model: cnn('flatten', 'relu', { filters: 8, pool: 'none', norm: 'none' }), outcome: binary }],
  [
    'strided convolutions of odd sizes',
    {
      image: image(7, 9, 3),
      model: cnn(
        'flatten',
        'tanh',
        { filters: 5, size: 3, stride: 2, pool: 'none', norm: 'none' },
        { filters: 6, size: 5, stride: 1, pool: 'average', norm: 'none' },
      ),
      outcome: kinds,
    },
  ],
  [
    'maxima, even kernels and a mean over places',
    {
      image: image(13, 11, 2),
      model: cnn('average', 'tanh', { filters: 4, size: 2, pool: 'max', norm: 'none' }, { filters: 7, size: 3, pool: 'max', norm: 'none' }),
      outcome: { ...kinds, type: 'ordinal' },
    },
  ],
  [
    'group norms',
    {
      image: image(10, 9, 1),
      model: cnn(
        'average',
        'relu',
        { filters: 6, norm: 'group', groups: 2, pool: 'max' },
        { filters: 8, norm: 'group', groups: 4, pool: 'average' },
      ),
      outcome: binary,
    },
  ],
  ['layer norms', { inputs: 10, model: mlp('layer', 9, 4), outcome: binary }],
  ['an embedding', { inputs: 12, model: text, outcome: binary }],
];

function world(parts: Parameters<typeof smallStudy>[0] & object) {
  const study: LearningStudy = smallStudy(parts);
  const source = new SeededRandomness('weights');
  const weights = Float64Array.from({ length: parameterCount(study.derived.tensors) }, () => source.next() / 2 ** 31 - 1);
  return { study, weights, dimension: weights.length };
}

/** Patient p has `counts[p]` records, and they do not stand together. */
function rowsOf({ derived, cohort }: LearningStudy, counts: readonly number[]): Rows {
  const source = new SeededRandomness('rows');
  const patients = Int32Array.from(
    Array.from({ length: Math.max(...counts) }, (_, visit) => [...counts.keys()].filter((patient) => counts[patient]! > visit)).flat(),
  );
  const asTokens = derived.layers[0]!.kind === 'embedding';
  const x = Float32Array.from({ length: patients.length * recordSize(derived.layers) }, () =>
    asTokens ? Math.max(0, (source.next() % 25) - 8) : source.next() / 2 ** 31 - 1,
  );
  const signed = cohort.outcome.type === 'survival';
  const most = cohort.outcome.type === 'binary' ? 2 : 5;
  const y = Float32Array.from(patients, () => (source.next() % most) * (signed && source.next() % 2 === 0 ? -1 : 1));
  return { x, y, patients, patientCount: counts.length };
}

const everybody = ({ patientCount }: Rows) => Uint32Array.from({ length: patientCount }, (_, patient) => patient);
const SOME = [1, 1, 3, 1, 2, 140, 1, 1, 2, 1, 1, 1, 1];
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);

describe.each(cases)('the private form of %s', (_, parts) => {
  const { study, weights, dimension } = world(parts);
  const rows = rowsOf(study, SOME);
  const records = new PatientRows(rows);

  it("gives each record's gradient and its norm, as the engine has them of that record alone, to 1e-5", async () => {
    const workspace = new Workspace();
    const network = new PrivateNetwork(workspace, study.derived.layers, study.cohort.outcome);
    const vector = workspace.room(network.length * 4);
    network.load(weights);
    const together = Uint32Array.from({ length: 13 }, (__, index) => index * 11);
    const squares = network.run(rows, together).slice();
    for (const [row, record] of together.entries()) {
      const expected = await engineGradient(study, weights, rows, Uint32Array.of(record));
      const norm = Math.hypot(...expected);
      const floats = workspace.floats(vector, network.length).fill(0);
      for (const { layer, offset } of network.placed) layer.add(row, 1, vector + offset * 4);
      const found = new Float64Array(dimension);
      network.unpack(floats, found);
      expect(furthest(found, expected)).toBeLessThanOrEqual(1e-5 * norm);
      expect(Math.abs(Math.sqrt(squares[row]!) - norm)).toBeLessThanOrEqual(1e-5 * norm);
      expect(Math.abs(Math.hypot(...floats) - norm)).toBeLessThanOrEqual(1e-5 * norm);
    }
  });

  it('gives the integers of a loop over patients on the engine, to half a unit and 1e-5 of the norm', async () => {
    const summers = [0.05, 50]
      .map((clip) => normRule(dimension, clip, 2 ** 14))
      .map((rule) => ({ rule, summer: new PrivateSummer({ study, rows, rule, words }) }));
    for (const patient of everybody(rows)) {
      const expected = await engineGradient(study, weights, rows, records.of(patient));
      for (const { rule, summer } of summers) {
        const { sum } = await summer.over(weights, Uint32Array.of(patient));
        const scale = rule.scaledBound / Math.max(rule.clip, Math.hypot(...expected));
        expect(
          furthest(
            sum,
            expected.map((value) => scale * value),
          ),
        ).toBeLessThanOrEqual(0.5 + 1e-5 * rule.scaledBound);
      }
    }
  });

  it('has of each patient the same bits, whoever else is there and wherever the rows stand', async () => {
    const rule = normRule(dimension, 0.3, 1_024);
    const summer = new PrivateSummer({ study, rows, rule, words });
    const alone = await Promise.all(
      [...everybody(rows)].map(
        async (patient) => (await privateSum({ study, rows, rule, words, weights, sampled: Uint32Array.of(patient) })).sum,
      ),
    );
    for (let left = 0; left < rows.patientCount; left += 1) {
      const sampled = everybody(rows).filter((patient) => patient !== left);
      if (left % 2 === 0) sampled.reverse();
      const { sum } = await summer.over(weights, sampled);
      const expected = new Float64Array(dimension);
      for (const patient of sampled) alone[patient]!.forEach((value, index) => (expected[index]! += value));
      expect(sum).toEqual(expected);
    }
  });

  it('keeps the norm of one patient within S and says nobody of what is not finite, whatever the data', async () => {
    const rule = normRule(dimension, 1e-3, 2 ** 10);
    for (const cell of [Number.NaN, Number.POSITIVE_INFINITY, 3e38, -3e38, 1e-45, 1e19, 12.5, -1])
      for (const count of [1, 3]) {
        const own = rowsOf(study, [count]);
        for (let at = 0; at < own.x.length; at += 2) own.x[at] = cell;
        const { sum, outcomes } = await privateSum({ study, rows: own, rule, words, weights, sampled: Uint32Array.of(0) });
        expect(sum.reduce((squares, z) => squares + z * z, 0)).toBeLessThanOrEqual(rule.normBound ** 2);
        expect(Object.values(outcomes)).toEqual([1]);
      }
  });

  it('takes its integers from the same gradients where rounding is at random', async () => {
    const rule = normRule(dimension, 0.3, Math.floor(4 * Math.sqrt(dimension) - 0.1));
    expect(rule.rounding).toBe('stochastic');
    let compared = 0;
    for (const patient of everybody(rows).subarray(0, 5)) {
      const { sum, outcomes } = await privateSum({ study, rows, rule, words, weights, sampled: Uint32Array.of(patient) });
      if (outcomes.shrunk) continue;
      const expected = await engineGradient(study, weights, rows, records.of(patient));
      const scale = rule.scaledBound / Math.max(rule.clip, Math.hypot(...expected));
      expect(
        furthest(
          sum,
          expected.map((value) => scale * value),
        ),
      ).toBeLessThanOrEqual(1 + 1e-5 * rule.scaledBound);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(0);
  });
});
