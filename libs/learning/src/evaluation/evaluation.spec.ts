import { LOSS_UNITS, METRIC_COUNTS } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { smallStudy, someRows } from '../../test/small-world.js';
import { engine } from '../engine/engine.js';
import { accuracy, evaluate, initialState, metricCounts, predict, type ModelState } from '../index.js';

const study = smallStudy({ inputs: 1 });
/** logit = x */
const state: ModelState = { ...initialState(study), weights: Float64Array.of(1, 0) };
const rows = (x: number[], y: number[], patients = x.map((_, row) => row)) => ({
  x: Float32Array.from(x),
  y: Float32Array.from(y),
  patients: Int32Array.from(patients),
  patientCount: Math.max(-1, ...patients) + 1,
});

describe('evaluation', () => {
  it('counts each record on its side of 0.5, and sums the loss over patients', async () => {
    const counts = await evaluate({ study, state, rows: rows([2, 1, -1, -3, 0], [1, 0, 1, 0, 1]) });
    const loss = Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(1)) + Math.log1p(Math.exp(1)) + Math.log1p(Math.exp(-3)) + Math.log(2);
    expect(counts).toMatchObject({ patients: 5n, truePositives: 2n, falsePositives: 1n, falseNegatives: 1n, trueNegatives: 1n });
    expect(Number(counts.loss) / LOSS_UNITS).toBeCloseTo(loss, 5);
  });

  it('averages the records of one patient', async () => {
    const once = await evaluate({ study, state, rows: rows([2, -1], [1, 0]) });
    const thrice = await evaluate({ study, state, rows: rows([2, 2, 2, -1], [1, 1, 1, 0], [0, 0, 0, 1]) });
    expect(thrice.loss).toBe(once.loss);
    expect(thrice.patients).toBe(2n);
  });

  it('stays finite for a model that is certain and wrong', async () => {
    const certain = { ...state, weights: Float64Array.of(1e6, 0) };
    const counts = await evaluate({ study, state: certain, rows: rows([1], [0]) });
    expect(counts.loss).toBe(1_000_000n * BigInt(LOSS_UNITS));
  });

  it('refuses a model whose numbers overflow', async () => {
    const broken = { ...state, weights: Float64Array.of(3e38, 0) };
    await expect(evaluate({ study, state: broken, rows: rows([1e3], [0]) })).rejects.toMatchObject({ code: 'NOT_FINITE' });
  });

  it('gives every count that rides in the sum, also without test rows', async () => {
    const counts = await metricCounts({ study, state, train: rows([1, -1], [1, 0]), test: rows([], []), clamped: 3n });
    expect(Object.keys(counts).toSorted()).toEqual([...METRIC_COUNTS].toSorted());
    expect(counts).toMatchObject({ contributors: 1n, clamped: 3n, trainPatients: 2n, testPatients: 0n, testLoss: 0n, truePositives: 0n });
  });

  it('predicts probabilities, and leaves no tensor behind', async () => {
    const tf = await engine();
    const before = tf.memory().numTensors;
    expect(Array.from(await predict({ study, state, rows: rows([0, 2], [0, 1]) }))).toEqual([0.5, 1 / (1 + Math.exp(-2))]);
    expect(await accuracy({ study, state, rows: rows([0, 2, -1, 1], [0, 1, 0, 0]) })).toBe(0.5);
    expect(await accuracy({ study, state, rows: rows([], []) })).toBeUndefined();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives the same answer for rows that do not fit on the engine at once', async () => {
    const many = someRows(70_000, 1);
    const whole = await evaluate({ study, state, rows: many });
    const right = Array.from(many.x).filter((x, row) => x >= 0 === (many.y[row] === 1)).length;
    expect(Number(whole.truePositives + whole.trueNegatives)).toBe(right);
  });
});
