import { createHash } from 'node:crypto';
import { readIdentityKey } from '@consilium/identity';
import { provenRounds, type ReserveFault } from '@consilium/ledger';
import type { SiteName } from '@consilium/protocol';
import type { Contribute, SeatAdvert } from '@consilium/protocol/wire';
import { memberKeys } from '../../ledger/member-keys.js';
import { needsBudget } from '../../ledger/paid-round.js';
import { siteRefused } from '../site-refused.js';
import type { StudyAtSite } from '../study-at-site.js';
import type { ProvenReserves } from './blocks.js';
import { heldBlock } from './held-block.js';

const refused = (from: SiteName, why: ReserveFault) => siteRefused('RESERVE_EVIDENCE', { from, why });

/**
 * Step 1 of PROTOCOL.md section 4: no site counts into U1 before it has shown that rounds of this study are reserved in a
 * ledger that a quorum of its witnesses watches. The coordinator hands the evidence on, and is not asked.
 * @param adverts - of U1, their signatures checked
 * @throws SiteRefused RESERVE_EVIDENCE naming the site
 */
export function checkReserves(at: StudyAtSite, adverts: readonly SeatAdvert[]): ProvenReserves {
  if (!needsBudget(at.study)) return new Map();
  const keysOf = memberKeys(at.state);
  return new Map(
    adverts.map(({ site, reserve, reserveSha256 }): [SiteName, readonly number[]] => {
      const from = site as SiteName;
      if (reserve.length > 0 && !createHash('sha256').update(reserve).digest().equals(reserveSha256)) throw refused(from, 'form');
      const { consortium, hash, study } = at;
      const proven = provenRounds(reserve, { consortium, site, hash, study, keysOf, readKey: readIdentityKey });
      if (typeof proven === 'string') throw refused(from, proven);
      return [from, proven];
    }),
  );
}

/** No site counts into U2 of a round that its evidence does not reach: new seats bring new evidence. @throws SiteRefused RESERVE_EVIDENCE */
export function requireReserved(at: StudyAtSite, { keyEpoch, block, round, participants }: Contribute): void {
  if (!needsBudget(at.study)) return;
  const reserves = heldBlock(at, { study: at.hash, keyEpoch, block })?.reserves;
  const without = at.study.sites.names.find((site) => participants.includes(site) && reserves?.get(site)?.includes(round) !== true);
  // A block that this site does not hold is refused as such.
  if (reserves && without !== undefined) throw refused(without, 'rounds');
}

/** Adverts as they travel once the evidence was checked. */
export function withoutReserves(adverts: readonly SeatAdvert[]): readonly SeatAdvert[] {
  return adverts.map((advert) => ({ ...advert, reserve: Buffer.alloc(0) }));
}
