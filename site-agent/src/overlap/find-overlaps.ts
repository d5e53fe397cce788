import { CohortRefused } from '@consilium/cohort';
import { configuredCohort, type SiteCohort, type SiteConfig } from '../config/index.js';
import type { StateLayout } from '../state/index.js';
import { overlapKey, patientHashes, sharedShare } from './shared-patients.js';

/**
 * Up to this share of the smaller cohort, patients of two populations may be the same without a word in `site.yaml`: a
 * few people moved, or a number was given twice. Above it the two tables are made of the same people.
 */
export const SMALL_SHARE = 0.01;

type Finding =
  | { readonly kind: 'shared'; readonly share: number }
  | { readonly kind: 'unreadable'; readonly cause: CohortRefused }
  /** One of the two has no column that tells patients apart. */
  | { readonly kind: 'not-comparable' }
  /** In `site.yaml`; nobody looked. */
  | { readonly kind: 'declared' };

/** What is to be said of two cohorts whose patients are counted in two ledgers. */
export type Overlap = Finding & { readonly own: SiteCohort; readonly other: SiteCohort };

/**
 * Compares a cohort with every cohort of another population by keyed hashes of identifiers, which live no longer than
 * the comparison. Whole tables count, whatever a study leaves out.
 * @param name - the cohort's name at this site
 * @returns one for each other cohort that shares more than {@link SMALL_SHARE}, or of which it is not known
 * @throws ConsiliumError COHORT_UNKNOWN, FILE_MODE; CohortRefused where the cohort itself cannot be read
 */
export async function findOverlaps(
  layout: StateLayout,
  config: Pick<SiteConfig, 'cohorts' | 'populations'>,
  name: string,
): Promise<readonly Overlap[]> {
  const own = configuredCohort(config, name);
  const declared = config.populations.get(own.population)?.overlaps;
  let compare: ((other: SiteCohort) => Promise<Finding>) | undefined;
  const overlaps: Overlap[] = [];
  for (const other of config.cohorts.values()) {
    if (other.population === own.population) continue;
    if (declared?.has(other.population)) {
      overlaps.push({ own, other, kind: 'declared' });
      continue;
    }
    compare ??= await comparison(layout, own);
    const found = await compare(other);
    if (found.kind !== 'shared' || found.share > SMALL_SHARE) overlaps.push({ own, other, ...found });
  }
  return overlaps;
}

/** Reads a cohort's patients once, to compare other cohorts with them. */
async function comparison(layout: StateLayout, own: SiteCohort): Promise<(other: SiteCohort) => Promise<Finding>> {
  if (own.patientId === undefined) return () => Promise.resolve({ kind: 'not-comparable' });
  const key = overlapKey(layout);
  const patients = await patientHashes(key, { source: own.source, patientId: own.patientId });
  return async ({ source, patientId }) => {
    if (patientId === undefined) return { kind: 'not-comparable' };
    try {
      return { kind: 'shared', share: sharedShare(patients, await patientHashes(key, { source, patientId })) };
    } catch (cause) {
      // Never taken for a cohort that shares nobody.
      if (cause instanceof CohortRefused) return { kind: 'unreadable', cause };
      throw cause;
    }
  };
}
