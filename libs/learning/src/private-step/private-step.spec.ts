import type { Rows } from '@consilium/cohort';
import { normRule } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import { parameterCount } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activationOf, PatientGradients } from '../../test/patient-gradients.js';
import { smallStudy } from '../../test/small-world.js';
import { privateSum, type LearningStudy } from '../index.js';
import { PatientRows } from '../training/patient-rows.js';
import { PrivateSummer } from './private-summer.js';

const words = new SeededRandomness('rounding');
const mlp = (activation: string, ...hidden: number[]) => ({ type: 'multilayer-perceptron', hidden, activation });

/** Widths around whole vectors of 4 and 8, and both ways of laying a gradient out. */
const models = [
  ['logistic regression', 13, { type: 'logistic-regression' }],
  ['a tanh network', 7, mlp('tanh', 8, 3)],
  ['a relu network', 9, mlp('relu', 5)],
  ['a wider network', 30, mlp('tanh', 64, 32)],
] as const;

function world(inputs: number, model: object) {
  const study: LearningStudy = smallStudy({ model, inputs });
  const source = new SeededRandomness('weights');
  const weights = Float64Array.from({ length: parameterCount(study.derived.tensors) }, () => source.next() / 2 ** 31 - 1);
  return { study, weights, inputs, dimension: weights.length };
}

/** Patient p has `counts[p]` records, and they do not stand together. */
function rowsOf(counts: readonly number[], inputs: number, scale = 2): Rows {
  const source = new SeededRandomness('rows');
  const patients = Int32Array.from(
    Array.from({ length: Math.max(0, ...counts) }, (_, visit) => [...counts.keys()].filter((patient) => counts[patient]! > visit)).flat(),
  );
  const x = Float32Array.from({ length: patients.length * inputs }, () => scale * (source.next() / 2 ** 31 - 1));
  return { x, y: Float32Array.from(patients, () => source.next() % 2), patients, patientCount: counts.length };
}

const everybody = ({ patientCount }: Rows) => Uint32Array.from({ length: patientCount }, (_, patient) => patient);
const exactSquares = (vector: Float64Array) => vector.reduce((sum, z) => sum + BigInt(z) ** 2n, 0n);
const SOME = [1, 1, 3, 1, 2, 300, 1, 1, ...Array.from({ length: 40 }, (_, index) => 1 + (index % 3))];

describe.each(models)('the private step of %s', (_, inputs, model) => {
  const { study, weights, dimension } = world(inputs, model);
  const rows = rowsOf(SOME, inputs);

  it('gives the integers of a loop over patients in 64 bits, to half a unit and 1e-5 of the norm', async () => {
    for (const clip of [0.05, 20]) {
      const norms: number[] = [];
      const rule = normRule(dimension, clip, 2 ** 14);
      const gradients = new PatientGradients(study.derived.tensors, weights, activationOf(study.model));
      const records = new PatientRows(rows);
      const summer = new PrivateSummer({ study, rows, rule, words });
      for (const patient of everybody(rows)) {
        const { sum } = await summer.over(weights, Uint32Array.of(patient));
        const expected = gradients.of(patient, rows, records);
        const scale = rule.scaledBound / Math.max(clip, Math.hypot(...expected));
        const furthest = sum.reduce((most, z, index) => Math.max(most, Math.abs(z - scale * expected[index]!)), 0);
        expect(furthest).toBeLessThanOrEqual(0.5 + 1e-5 * rule.scaledBound);
        norms.push(Math.hypot(...sum) / rule.scaledBound);
      }
      expect(Math.max(...norms)).toBeGreaterThan(clip === 0.05 ? 0.99 : 0.02);
      expect(Math.max(...norms)).toBeLessThanOrEqual(rule.normBound / rule.scaledBound);
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
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...everybody(rows)]), async (sampled) => {
        const { sum } = await summer.over(weights, Uint32Array.from(sampled));
        const expected = new Float64Array(dimension);
        for (const patient of sampled) alone[patient]!.forEach((value, index) => (expected[index]! += value));
        expect(sum).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('counts each patient once, as clipped or kept where S is 50 times √d or more', async () => {
    const rule = normRule(dimension, 0.3, 2 ** 14);
    const { outcomes } = await privateSum({ study, rows, rule, words, weights, sampled: everybody(rows) });
    expect(Object.keys(outcomes).toSorted()).toEqual(expect.arrayContaining(['clipped']));
    expect((outcomes.clipped ?? 0) + (outcomes.kept ?? 0)).toBe(SOME.length);
  });

  it('keeps the norm of one patient within S, whatever data and weights are', async () => {
    const hostile = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300, 3e38, -3e38, 1e-45, -1e-40, 1e19, 0),
      fc.double({ min: -2, max: 2, noNaN: true }),
    );
    const ownCase = fc.record({
      cells: fc.array(hostile, { minLength: 1, maxLength: 3 * inputs }),
      some: fc.array(hostile, { minLength: 1, maxLength: 20 }),
      count: fc.integer({ min: 1, max: 3 }),
      normBound: fc.integer({ min: Math.ceil(4 * Math.sqrt(dimension)), max: 2 ** 14 }),
      clip: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(ownCase, async ({ cells, some, count, normBound, clip }) => {
        const own = rowsOf([count], inputs);
        own.x.set(cells.slice(0, count * inputs));
        const moved = weights.slice();
        moved.set(some.slice(0, dimension), Math.max(0, dimension - some.length - 5));
        const rule = normRule(dimension, clip, normBound);
        expect(rule.rounding).toBe('nearest');
        const { sum, outcomes } = await privateSum({ study, rows: own, rule, words, weights: moved, sampled: Uint32Array.of(0) });
        expect(exactSquares(sum)).toBeLessThanOrEqual(BigInt(normBound) ** 2n);
        expect(Object.values(outcomes)).toEqual([1]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('the sum of very many patients', () => {
  it('is exact beyond what 32 bits hold', async () => {
    const { study, weights } = world(1, { type: 'logistic-regression' });
    const count = 150_000;
    const rows: Rows = {
      x: new Float32Array(count).fill(2),
      y: new Float32Array(count),
      patients: Int32Array.from({ length: count }, (_, row) => row),
      patientCount: count,
    };
    const rule = normRule(2, 1e-6, 2 ** 14);
    const { sum: one } = await privateSum({ study, rows, rule, words, weights, sampled: Uint32Array.of(7) });
    const { sum } = await privateSum({ study, rows, rule, words, weights, sampled: everybody(rows) });
    expect(sum).toEqual(one.map((value) => value * count));
    expect(Math.max(...sum)).toBeGreaterThan(2 ** 31 - 1);
  });

  it('ends early when it is told to, and begins anew afterwards', async () => {
    const { study, weights, inputs } = world(4, { type: 'logistic-regression' });
    const rows = rowsOf([1, 2, 1], inputs);
    const summer = new PrivateSummer({ study, rows, rule: normRule(5, 1, 1_000), words });
    const whole = await summer.over(weights, everybody(rows));
    const reason = new Error('enough');
    await expect(summer.over(weights, everybody(rows), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await summer.over(weights, everybody(rows))).toEqual(whole);
  });
});
