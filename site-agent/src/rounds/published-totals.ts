import { METRIC_COUNTS, SMALLEST_CELL, type MetricCount } from '@consilium/protocol';

const CONFUSION = ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives'] as const;

/** Decimal text, or null where a cell is not shown. */
export type PublishedTotals = Readonly<Record<MetricCount, string | null>>;

/**
 * What a site signs of the totals of a sum (PROTOCOL.md section 6, mode `none`): cells of fewer than ten patients are
 * not shown. Where just one of the four outcomes is that small, the next smallest is held back as well, because the
 * number of test patients would give it away. A mean loss over fewer than ten patients is not shown either.
 * Numbers of sites and of clamped parameters say nothing of patients and stay.
 */
export function publishedTotals(counts: Readonly<Record<string, bigint>>): PublishedTotals {
  const value = (name: MetricCount): bigint => counts[name] ?? 0n;
  const hidden = new Set<MetricCount>();
  const floor = BigInt(SMALLEST_CELL);
  for (const name of ['trainPatients', 'testPatients', ...CONFUSION] as const) if (value(name) < floor) hidden.add(name);
  if (hidden.has('trainPatients')) hidden.add('trainLoss');
  if (hidden.has('testPatients')) hidden.add('testLoss');
  const small = CONFUSION.filter((name) => hidden.has(name));
  if (small.length === 1) {
    const [next] = CONFUSION.filter((name) => !hidden.has(name)).sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
    if (next) hidden.add(next);
  }
  return Object.fromEntries(METRIC_COUNTS.map((name) => [name, hidden.has(name) ? null : value(name).toString()])) as PublishedTotals;
}

/** What a site signs of a table with noise: all of it, the noise is what protects. Decimal text of either sign. */
export function noisyTotals(cells: Readonly<Record<string, bigint>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(cells).map(([name, value]) => [name, value.toString()]));
}
