import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCORE_UNIT } from './noisy-plan.js';
import { binaryConfusion, rocCurve } from './roc-curve.js';
import { scoreValues } from './score-table.js';
import type { ReadStudy } from './study-metrics.js';

const BINS = 20;
const study = (noise: object | undefined, outcome: object = { type: 'binary', column: 'y', positive: '> 0' }): ReadStudy =>
  ({
    cohort: { name: 'heart', outcome, inputs: {}, inputOrder: [] },
    metrics: { every: 1, subgroups: [] },
    derived: { noise },
  }) as unknown as ReadStudy;
const noisy = study({ tableVariance: 1 });
const signed = (negatives: readonly number[], positives: readonly number[]) =>
  Object.fromEntries([
    ...negatives.map((count, bin) => [`negatives${bin}`, String(count * SCORE_UNIT)]),
    ...positives.map((count, bin) => [`positives${bin}`, String(count * SCORE_UNIT)]),
  ]) as Record<string, string>;
const counts = fc.array(fc.integer({ min: -3, max: 40 }), { minLength: BINS, maxLength: BINS });

describe('the ROC curve of signed tables', () => {
  it('goes up from nobody to everybody, and the area under it is the one that is shown', () => {
    fc.assert(
      fc.property(counts, counts, (negatives, positives) => {
        const points = rocCurve(noisy, signed(negatives, positives));
        const values = scoreValues({ bins: BINS, names: [] }, [...negatives, ...positives]);
        const pairs = 2 * (values['positives'] ?? 0) * (values['negatives'] ?? 0);
        if (pairs === 0) return points === undefined;
        if (!points) return false;
        expect(points[0]).toEqual({ threshold: 1, falsePositiveRate: 0, sensitivity: 0, precision: null });
        expect(points.at(-1)).toMatchObject({ threshold: 0, falsePositiveRate: 1, sensitivity: 1 });
        const area = points.slice(1).reduce((sum, point, index) => {
          const before = points[index] ?? point;
          expect(point.sensitivity).toBeGreaterThanOrEqual(before.sensitivity);
          return sum + ((point.falsePositiveRate - before.falsePositiveRate) * (point.sensitivity + before.sensitivity)) / 2;
        }, 0);
        expect(area).toBeCloseTo((values['rocHalves'] ?? 0) / pairs, 9);
        return true;
      }),
    );
  });

  it('is not there without noise, where only the area is signed, nor for other outcomes', () => {
    expect(rocCurve(study(undefined), { positives: '20', rocHalves: '100' })).toBeUndefined();
    expect(rocCurve(study({ tableVariance: 1 }, { type: 'number', column: 'y', range: [0, 1] }), {})).toBeUndefined();
  });
});

describe('the confusion of a binary outcome', () => {
  it('is read off exact totals, with held-back cells as such', () => {
    const totals = { truePositives: '15', falsePositives: '5', trueNegatives: null, falseNegatives: '4' };
    expect(binaryConfusion(study(undefined), totals)).toEqual([
      [null, 5],
      [4, 15],
    ]);
  });

  it('is read off a table of scores at one half', () => {
    const low = Array.from({ length: BINS }, (_, bin) => (bin === 2 ? 7 : bin === 15 ? 2 : 0));
    const high = Array.from({ length: BINS }, (_, bin) => (bin === 3 ? 1 : bin === 19 ? 9 : 0));
    expect(binaryConfusion(noisy, signed(low, high))).toEqual([
      [7, 2],
      [1, 9],
    ]);
  });
});
