import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOSS_UNITS, METRIC_COUNTS, metricsFromTotals } from '../index.js';

describe('metrics from totals', () => {
  it('are the shares a statistician would write down', () => {
    const totals = {
      testPatients: 100n,
      testLoss: BigInt(LOSS_UNITS) * 50n,
      truePositives: 40n,
      falsePositives: 10n,
      trueNegatives: 30n,
      falseNegatives: 20n,
    };
    expect(metricsFromTotals(totals)).toEqual({
      testLoss: 0.5,
      accuracy: 0.7,
      sensitivity: 40 / 60,
      specificity: 0.75,
      positivePredictiveValue: 0.8,
    });
  });

  it('leave out what rests on a cell that is not shown', () => {
    const totals = { truePositives: null, falsePositives: '10', trueNegatives: '30', falseNegatives: '20' };
    expect(metricsFromTotals(totals)).toEqual({ specificity: 0.75 });
  });

  it('are never NaN or infinite, whatever the totals', () => {
    const cell = fc.option(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 1n << 60n })), { nil: null });
    fc.assert(
      fc.property(fc.record(Object.fromEntries(METRIC_COUNTS.map((name) => [name, cell])), { requiredKeys: [] }), (totals) => {
        expect(Object.values(metricsFromTotals(totals)).every(Number.isFinite)).toBe(true);
      }),
    );
  });
});
