import { metricPlan, noisyTotals, publishedTotals, type PublishedTotals, type ResolvedStudy } from '@consilium/protocol';

/** What a site signs of the totals of a round's sum: all cells of tables with noise; without noise what no small cell follows from. */
export function roundTotals(study: ResolvedStudy, counts: Readonly<Record<string, bigint>>): PublishedTotals {
  return study.derived.noise ? noisyTotals(counts) : publishedTotals(metricPlan(study), counts);
}
