import type { LedgerView } from '../ledgers/index.js';
import type { SiteView } from '../sites/index.js';
import type { LooseningRow, TighteningRow } from '../storage/index.js';
import type { NoticeWish } from './notice-kinds.js';

const HIGH_PERCENT = 80;

/** What of the sites and their budgets people are told. Pure, and from what stands, so that nothing is lost by a restart. */
export interface Standing {
  readonly sites: readonly Pick<SiteView, 'site' | 'state' | 'words' | 'certificateWarning' | 'certificateEnds'>[];
  readonly ledgers: readonly Pick<LedgerView, 'site' | 'population' | 'held' | 'epsilonLimit'>[];
  readonly tightenings: readonly Pick<TighteningRow, 'site' | 'population' | 'request' | 'asked_at'>[];
  readonly loosening: readonly Pick<LooseningRow, 'id' | 'site' | 'population'>[];
}

export function standingNotices({ sites, ledgers, tightenings, loosening }: Standing): readonly NoticeWish[] {
  const budget = ({ site, population }: { readonly site: string; readonly population: string }) => `/budgets/${site}/${population}`;
  return [
    ...sites
      .filter(({ state }) => state === 'pending')
      .map(({ site, words }): NoticeWish => ({ kind: 'site-waiting', key: `site-waiting/${site}/${words}`, link: `/sites/${site}` })),
    ...sites
      .filter(({ certificateWarning }) => certificateWarning !== null)
      .map(({ site, certificateEnds }): NoticeWish => ({
        kind: 'certificate-ending',
        key: `certificate-ending/${site}/${certificateEnds}`,
        link: `/sites/${site}`,
      })),
    ...ledgers
      .filter(({ held }) => held.percentUsed > HIGH_PERCENT)
      .map((one): NoticeWish => ({
        kind: 'budget-high',
        key: `budget-high/${one.site}/${one.population}/${one.epsilonLimit}`,
        link: budget(one),
      })),
    ...tightenings.map((one): NoticeWish => ({
      kind: 'tightening-answered',
      key: `tightening-answered/${one.site}/${one.population}/${one.asked_at.toISOString()}`,
      link: budget(one),
    })),
    ...loosening.map((one): NoticeWish => ({ kind: 'loosening-requested', key: `loosening-requested/${one.id}`, link: budget(one) })),
  ];
}
