import { METRIC_COUNTS } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publishedTotals } from './published-totals.js';

const counts = {
  contributors: 4n,
  clamped: 2n,
  trainPatients: 700n,
  trainLoss: 1n,
  testPatients: 200n,
  testLoss: 2n,
  truePositives: 90n,
  falsePositives: 20n,
  trueNegatives: 70n,
  falseNegatives: 20n,
};

describe('the totals that a site signs', () => {
  it('are all totals as decimal text where every cell is large enough', () => {
    expect(publishedTotals(counts)).toEqual(Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, String(value)])));
  });

  it('hold a cell under ten back, and the next smallest with it, so that the sum does not give it away', () => {
    const totals = publishedTotals({ ...counts, falseNegatives: 9n, falsePositives: 31n });
    expect(totals.falseNegatives).toBeNull();
    expect(totals.falsePositives).toBeNull();
    expect(totals.truePositives).toBe('90');
  });

  it('never let exactly one outcome be computed from the others, and never show a small one', () => {
    const cell = fc.bigInt({ min: 0n, max: 40n });
    fc.assert(
      fc.property(cell, cell, cell, cell, (truePositives, falsePositives, trueNegatives, falseNegatives) => {
        const confusion = { truePositives, falsePositives, trueNegatives, falseNegatives };
        const total = truePositives + falsePositives + trueNegatives + falseNegatives;
        const totals = publishedTotals({ ...counts, ...confusion, testPatients: total });
        const shown = Object.keys(confusion).map((name) => totals[name as (typeof METRIC_COUNTS)[number]]);
        expect(shown.filter((text) => text === null)).not.toHaveLength(1);
        for (const text of shown) if (text !== null) expect(BigInt(text)).toBeGreaterThanOrEqual(10n);
      }),
    );
  });

  it('show no loss over fewer than ten patients', () => {
    expect(publishedTotals({ ...counts, testPatients: 9n }).testLoss).toBeNull();
    expect(publishedTotals({ ...counts, trainPatients: 9n }).trainLoss).toBeNull();
  });
});
