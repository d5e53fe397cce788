import type { ResolvedStudy } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { siteRefused, type SiteRefused } from '../rounds/site-refused.js';

/**
 * Why this site's own rules forbid a study; nothing when they allow it. Whether its data fit is the cohort check's.
 * @returns every reason, as it may leave the site
 */
export function policyRefusals(study: ResolvedStudy, config: Pick<SiteConfig, 'policy' | 'cohorts'>): readonly SiteRefused[] {
  const { modes, minSites, deltaMax } = config.policy;
  const refusals: SiteRefused[] = [];
  const { privacy } = study;
  const { mode } = privacy;
  if (!modes.includes(mode)) refusals.push(siteRefused('POLICY_MODE', { mode }));
  if (privacy.mode !== 'none' && privacy.delta > deltaMax) refusals.push(siteRefused('POLICY_DELTA', { max: String(deltaMax) }));
  if (study.derived.thresholds.m < minSites) refusals.push(siteRefused('POLICY_MIN_SITES', { need: String(minSites) }));
  if (!config.cohorts.has(study.cohort.name)) refusals.push(siteRefused('COHORT_UNKNOWN', { cohort: study.cohort.name }));
  return refusals;
}
