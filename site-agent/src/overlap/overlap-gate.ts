import type { SiteConfig } from '../config/index.js';
import type { StateLayout } from '../state/index.js';
import { findOverlaps } from './find-overlaps.js';
import { refuseOverlaps } from './refuse-overlaps.js';

/** Resolves where the patients of a cohort may be counted; throws OverlapRefused, or CohortRefused where it cannot be read itself. */
export type OverlapGate = (cohort: string) => Promise<void>;

/**
 * What a study passes before its rounds are paid from its population's ledger. `site.yaml` may have changed since the
 * approval, but stays the same for a process: a cohort that has passed is not compared again.
 */
export function overlapGate(layout: StateLayout, config: Pick<SiteConfig, 'cohorts' | 'populations'>): OverlapGate {
  const passed = new Set<string>();
  return async (cohort) => {
    if (passed.has(cohort)) return;
    refuseOverlaps(await findOverlaps(layout, config, cohort));
    passed.add(cohort);
  };
}
