import { normRule } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import type { Rows } from '@consilium/cohort';
import { describe, expect, it } from 'vitest';
import { MLP, sequence, smallStudy, someRows } from '../../test/small-world.js';
import { rowOutputs } from '../evaluation/row-outputs.js';
import { privateSum, trainPrivatelyInMemory, type LearningStudy } from '../index.js';

const models = [
  ['logistic regression', { type: 'logistic-regression' }],
  ['a tanh network', { ...MLP }],
  ['a relu network', { ...MLP, activation: 'relu' }],
] as const;

const study = (model: object): LearningStudy => ({ ...smallStudy({ model }), algorithm: { name: 'dp-sgd', rounds: 5, learningRate: 0.5 } });

/** Weights away from zero. */
const somewhere = (of: LearningStudy): Float64Array => {
  const words = new SeededRandomness('weights');
  const count = of.derived.tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return Float64Array.from({ length: count }, () => words.next() / 2 ** 32 - 0.5);
};

/** Every third patient has three records, and they do not stand together. */
function repeated(count: number): Rows {
  const rows = someRows(count);
  const patients = Int32Array.from({ length: count }, (_, row) => row % Math.ceil(count / 3));
  return { ...rows, patients, patientCount: Math.ceil(count / 3) };
}

describe("a step's sum", () => {
  const rule = (of: LearningStudy) => normRule(somewhere(of).length, 1, 1_000);
  const everybody = (count: number) => Uint32Array.from({ length: count }, (_, patient) => patient);
  const words = new SeededRandomness('rounding');
  const squares = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, index) => sum + (value - b[index]!) ** 2, 0);

  it.each(models)('of %s moves by at most S when any patient leaves the cohort', async (_, model) => {
    const of = study(model);
    const rows = repeated(36);
    const step = { study: of, weights: somewhere(of), rule: rule(of), words };
    const whole = await privateSum({ ...step, rows, sampled: everybody(rows.patientCount) });
    for (let left = 0; left < rows.patientCount; left += 1) {
      const kept = [...rows.patients.keys()].filter((row) => rows.patients[row] !== left);
      const without: Rows = {
        x: Float32Array.from(kept.flatMap((row) => [...rows.x.subarray(row * 4, row * 4 + 4)])),
        y: Float32Array.from(kept, (row) => rows.y[row]!),
        patients: Int32Array.from(kept, (row) => rows.patients[row]! - (rows.patients[row]! > left ? 1 : 0)),
        patientCount: rows.patientCount - 1,
      };
      const { sum } = await privateSum({ ...step, rows: without, sampled: everybody(without.patientCount) });
      expect(squares(whole.sum, sum)).toBeLessThanOrEqual(1_000_000);
      expect(squares(whole.sum, sum)).toBeGreaterThan(0);
    }
  });

  it('has a patient whose gradient is not finite as nobody, and says so at the site', async () => {
    const of = study({ type: 'logistic-regression' });
    const rows = someRows(10);
    rows.x[4] = Number.NaN;
    const found = await privateSum({ study: of, weights: somewhere(of), rule: rule(of), words, rows, sampled: everybody(10) });
    expect(found.outcomes.notFinite).toBe(1);
    expect(found.sum.every(Number.isFinite)).toBe(true);
    const others = await privateSum({
      study: of,
      weights: somewhere(of),
      rule: rule(of),
      words,
      rows,
      sampled: everybody(10).filter((p) => p !== 1),
    });
    expect(found.sum).toEqual(others.sum);
  });

  it('is zero where nobody was sampled', async () => {
    const of = study({ type: 'logistic-regression' });
    const { sum } = await privateSum({
      study: of,
      weights: somewhere(of),
      rule: rule(of),
      words,
      rows: someRows(5),
      sampled: new Uint32Array(0),
    });
    expect(Math.max(...sum)).toBe(0);
  });
});

describe('DP-SGD in one process', () => {
  it('learns under noise, and learns less under more of it', async () => {
    const of = study({ type: 'logistic-regression' });
    const rows = someRows(400);
    const lossAt = async (variance: number) => {
      const noise = { sampling: { numerator: 2 ** 20, bits: 20 }, normBound: 1_024, variance };
      const { weights } = await trainPrivatelyInMemory({
        study: { ...of, algorithm: { name: 'dp-sgd', rounds: 30, learningRate: 1 } },
        noise,
        clip: 1,
        sites: [{ rows, publicSize: 400 }],
        words: new SeededRandomness('study'),
      });
      let loss = 0;
      for (let row = 0; row < 400; row += 1) {
        const z = [...rows.x.subarray(row * 4, row * 4 + 4), 1].reduce((sum, value, index) => sum + value * weights[index]!, 0);
        loss += Math.log1p(Math.exp(rows.y[row] === 1 ? -z : z)) / 400;
      }
      return loss;
    };
    const quiet = await lossAt(16);
    expect(quiet).toBeLessThan(0.4);
    expect(await lossAt(200_000_000_000)).toBeGreaterThan(quiet + 0.1);
  });

  it('learns from images: what is brighter, above or below', async () => {
    const image = { kind: 'image', height: 6, width: 6, channels: 1 } as const;
    const blocks = [{ filters: 4, norm: 'group', groups: 2, pool: 'max' }];
    const model = { type: 'convolutional-network', blocks, pooling: 'flatten', hidden: [], activation: 'relu', l2: 0 };
    const of: LearningStudy = { ...smallStudy({ image, model }), algorithm: { name: 'dp-sgd', rounds: 30, learningRate: 1 } };
    const next = sequence(11);
    const y = Float32Array.from({ length: 200 }, (_, row) => row % 2);
    const x = Float32Array.from({ length: 200 * 36 }, (_, at) => next() + (y[Math.floor(at / 36)] === (at % 36 < 18 ? 1 : 0) ? 0.5 : 0));
    const rows: Rows = { x, y, patients: Int32Array.from(y.keys()), patientCount: 200 };
    const state = await trainPrivatelyInMemory({
      study: of,
      noise: { sampling: { numerator: 2 ** 20, bits: 20 }, normBound: 1_024, variance: 2 ** 20 },
      clip: 1,
      sites: [{ rows, publicSize: 200 }],
      words: new SeededRandomness('study'),
    });
    const { values } = await rowOutputs({ study: of, state, rows });
    expect(values.filter((z, row) => z > 0 === (y[row] === 1)).length).toBeGreaterThan(180);
  });
});
