import type { ResolvedStudy } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { needsBudget } from '../ledger/paid-round.js';
import { siteRefused, type SiteRefused } from '../rounds/site-refused.js';

/**
 * Why this site's own rules forbid a study; nothing when they allow it. Whether its data fit is the cohort check's.
 * @returns every reason, as it may leave the site
 */
export function policyRefusals(
  study: ResolvedStudy,
  config: Pick<SiteConfig, 'site' | 'policy' | 'cohorts' | 'budgets'>,
): readonly SiteRefused[] {
  const { modes, minSites, deltaMax } = config.policy;
  const refusals: SiteRefused[] = [];
  const { privacy } = study;
  const { mode } = privacy;
  if (!modes.includes(mode)) refusals.push(siteRefused('POLICY_MODE', { mode }));
  if (privacy.mode !== 'none' && privacy.delta > deltaMax) refusals.push(siteRefused('POLICY_DELTA', { max: String(deltaMax) }));
  if (study.derived.thresholds.m < minSites) refusals.push(siteRefused('POLICY_MIN_SITES', { need: String(minSites) }));
  const population = config.cohorts.get(study.cohort.name)?.population;
  const budget = population === undefined ? undefined : config.budgets.get(population);
  if (population !== undefined && needsBudget(study)) {
    if (budget === undefined) refusals.push(siteRefused('POLICY_BUDGET', { population, why: 'limit' }));
    else if (budget.witnesses && !study.sites.names.every((site) => site === config.site || budget.witnesses?.includes(site)))
      refusals.push(siteRefused('POLICY_BUDGET', { population, why: 'witnesses' }));
  }
  if (population === undefined) refusals.push(siteRefused('COHORT_UNKNOWN', { cohort: study.cohort.name }));
  return refusals;
}
