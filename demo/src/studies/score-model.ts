import type { EncodedCohort, Rows } from '@consilium/cohort';
import { concatenateRows, type ModelState } from '@consilium/learning';
import type { ResolvedStudy } from '@consilium/protocol';
import type { Measure, Scored } from './measures.js';
import { scoredRows } from './scored-rows.js';
import type { Score } from './worked-study.js';

/** A site and its rows, which only a study on public data may look at. */
export interface SiteRows {
  readonly site: string;
  readonly cohort: EncodedCohort;
}

/** Scores a model on each site's own test rows, and on all of them together, by each measure. */
export async function scoreModel(
  study: ResolvedStudy,
  stateOf: ModelState | ((site: string) => ModelState | undefined),
  sites: readonly SiteRows[],
  measures: readonly Measure[],
): Promise<readonly Score[]> {
  const found = new Map<string, Scored>();
  for (const { site, cohort } of sites) {
    const state = typeof stateOf === 'function' ? stateOf(site) : stateOf;
    if (state && cohort.test.y.length > 0) found.set(site, await scoredRows(study, state, cohort.test));
  }
  return measures.map((measure) => {
    const bySite = new Map(Array.from(found, ([site, scored]) => [site, measure.of(scored)]));
    const defined = [...bySite.values()].filter(Number.isFinite);
    return {
      pooled: measure.of(together([...found.values()])),
      bySite,
      meanOfSites: defined.reduce((sum, value) => sum + value, 0) / defined.length,
    };
  });
}

function together(parts: readonly Scored[]): Scored {
  const join = (of: (part: Scored) => Float64Array): Float64Array => Float64Array.from(parts.flatMap((part) => [...of(part)]));
  return { prediction: join(({ prediction }) => prediction), truth: join(({ truth }) => truth) };
}

export const allTraining = (sites: readonly SiteRows[]): Rows => concatenateRows(sites.map(({ cohort }) => cohort.train));
