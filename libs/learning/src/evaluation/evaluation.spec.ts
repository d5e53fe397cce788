import type { Rows } from '@consilium/cohort';
import { expandNames, FIXED_POINT, metricPlan, type MeasuredStudy } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { smallStudy, someRows } from '../../test/small-world.js';
import { engine } from '../engine/engine.js';
import { accuracy, initialState, metricCounts, predict, type ModelState } from '../index.js';

const study = smallStudy({ inputs: 1 });
/** logit = x */
const state: ModelState = { ...initialState(study), weights: Float64Array.of(1, 0) };
const rows = (x: number[], y: number[], patients = x.map((_, row) => row)): Rows => ({
  x: Float32Array.from(x),
  y: Float32Array.from(y),
  patients: Int32Array.from(patients),
  patientCount: Math.max(-1, ...patients) + 1,
});
const measured: MeasuredStudy = { cohort: { outcome: study.cohort.outcome, inputs: {}, inputOrder: [] }, metrics: { subgroups: [] } };
const plan = metricPlan(measured);
const none = rows([], []);
const count = (test: Rows, of: ModelState = state, train = none) => metricCounts({ study, plan, state: of, train, test, clamped: 0n });

describe('evaluation', () => {
  it('counts each patient on its side of 0.5, and sums the loss over patients', async () => {
    const counts = await count(rows([2, 1, -1, -3, 0], [1, 0, 1, 0, 1]));
    const loss = Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(1)) + Math.log1p(Math.exp(1)) + Math.log1p(Math.exp(-3)) + Math.log(2);
    expect(counts).toMatchObject({ testPatients: 5n, truePositives: 2n, falsePositives: 1n, falseNegatives: 1n, trueNegatives: 1n });
    expect(Number(counts['testLoss']) / FIXED_POINT).toBeCloseTo(loss, 5);
  });

  it('averages the records of one patient, who is one patient in every cell', async () => {
    const once = await count(rows([2, -1], [1, 0]));
    const thrice = await count(rows([2, 2, 2, -1], [1, 1, 1, 0], [0, 0, 0, 1]));
    expect(thrice).toMatchObject({ testLoss: once['testLoss'], testPatients: 2n, truePositives: 1n, trueNegatives: 1n });
  });

  it('stays finite for a model that is certain and wrong', async () => {
    const certain = { ...state, weights: Float64Array.of(1e6, 0) };
    expect((await count(rows([1], [0]), certain))['testLoss']).toBe(1_000_000n * BigInt(FIXED_POINT));
  });

  it('cuts a sum that would not fit its place in the sealed sum', async () => {
    const wild = { ...state, weights: Float64Array.of(1e30, 0) };
    expect((await count(rows([1], [0]), wild))['testLoss']).toBe(2n ** 45n - 1n);
  });

  it('refuses a model whose numbers overflow', async () => {
    const broken = { ...state, weights: Float64Array.of(3e38, 0) };
    await expect(count(rows([1e3], [0]), broken)).rejects.toMatchObject({ code: 'NOT_FINITE' });
  });

  it('gives every count that rides in the sum, also without test rows', async () => {
    const counts = await metricCounts({ study, plan, state, train: rows([1, -1], [1, 0]), test: none, clamped: 3n });
    expect(Object.keys(counts)).toEqual(expandNames(plan.names));
    expect(counts).toMatchObject({ contributors: 1n, clamped: 3n, trainPatients: 2n, testPatients: 0n, testLoss: 0n, truePositives: 0n });
  });

  it('predicts probabilities, and leaves no tensor behind', async () => {
    const tf = await engine();
    const before = tf.memory().numTensors;
    expect(Array.from(await predict({ study, state, rows: rows([0, 2], [0, 1]) }))).toEqual([0.5, 1 / (1 + Math.exp(-2))]);
    expect(await accuracy({ study, state, rows: rows([0, 2, -1, 1], [0, 1, 0, 0]) })).toBe(0.5);
    expect(await accuracy({ study, state, rows: none })).toBeUndefined();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives the same answer for rows that do not fit on the engine at once', async () => {
    const many = someRows(70_000, 1);
    const whole = await count(many);
    const right = Array.from(many.x).filter((x, row) => x >= 0 === (many.y[row] === 1)).length;
    expect(Number(whole['truePositives']! + whole['trueNegatives']!)).toBe(right);
  });
});
