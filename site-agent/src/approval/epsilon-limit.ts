import { epsilonText, plannedEvents, rdpEpsilon } from '@consilium/privacy';
import type { ResolvedStudy } from '@consilium/protocol';
import { siteRefused } from '../rounds/site-refused.js';

/** Both by Rényi divergences, the accountant that approvals go by; a study's price never changes. */
const prices = new WeakMap<ResolvedStudy, number>();

/** What a study costs one patient if it runs as planned: of training and evaluation the larger. 0 in mode `none`. */
export function plannedEpsilon(study: ResolvedStudy): number {
  const known = prices.get(study);
  if (known !== undefined) return known;
  if (study.privacy.mode === 'none') return 0;
  const { delta } = study.privacy;
  const { training, evaluation } = plannedEvents(study);
  const price = Math.max(0, ...[training, evaluation].map((event) => (event === undefined ? 0 : rdpEpsilon(event, delta))));
  prices.set(study, price);
  return price;
}

/**
 * The limit that an officer signed with the approval holds for the study as it was planned and hashed: a study above it
 * takes no step here.
 * @param at - `epsilonLimit`: decimal text, or null where none was signed
 * @throws SiteRefused BUDGET_EXHAUSTED
 */
export function requireWithinLimit(at: {
  readonly study: ResolvedStudy;
  readonly epsilonLimit: string | null;
  readonly cohort: { readonly population: string };
}): void {
  const { study, epsilonLimit, cohort } = at;
  if (epsilonLimit === null) return;
  const price = plannedEpsilon(study);
  if (price <= Number(epsilonLimit)) return;
  const wouldReach = epsilonText(Number.isFinite(price) ? price : 'unbounded');
  throw siteRefused('BUDGET_EXHAUSTED', { population: cohort.population, wouldReach, limit: epsilonLimit });
}
