import type { ResolvedStudy, SiteName } from '@consilium/protocol';
import type { SeatAdvert } from '@consilium/protocol/wire';
import { needsBudget } from '../../ledger/paid-round.js';
import { siteRefused } from '../site-refused.js';

/** SHA-256 (hex) of the evidence that an advert names, or null where the study's mode needs none. @throws SiteRefused RESERVE_EVIDENCE */
export function namedReserve(study: ResolvedStudy, from: SiteName, advert: SeatAdvert | undefined): string | null {
  if (!needsBudget(study)) return null;
  if (!advert?.reserveSha256.length) throw siteRefused('RESERVE_EVIDENCE', { from, why: 'missing' });
  return advert.reserveSha256.toString('hex');
}
