import { checkCountersignature, checkRosterChain, memberOf, parseRoster, type Roster, type SiteKeys } from '@consilium/identity';
import { ConsiliumError, SiteName } from '@consilium/protocol';
import { call, type CallLimits, type Connection } from '../connection/index.js';
import { keepRosters, newestRoster, type SiteState } from '../state/index.js';

/** What this site must find of itself in a roster that it is to believe. */
export interface OwnEntry {
  readonly consortium: string;
  readonly site: SiteName;
  readonly keys: Pick<SiteKeys, 'identityPublicKey' | 'sealingPublicKey'>;
}

/** The newest roster of the consortium as this site has received it, and who countersigned it. */
export interface ReceivedRoster {
  readonly roster: Roster;
  /** Members whose signature over exactly this roster was checked. */
  readonly countersigned: readonly SiteName[];
}

const refused = (code: string, message: string, fix: string) => new ConsiliumError({ code, errorClass: 'verification', message, fix });

/**
 * Follows the coordinator's chain of rosters from the newest one that this site holds (the newest alone where it holds
 * none), checks every link, and keeps what is new. None of its keys counts before somebody here has countersigned it.
 * @throws ConsiliumError ROSTER_CHAIN, ROSTER_INVALID, ROSTER_OLDER, COUNTERSIGNATURE_INVALID, NOT_ON_ROSTER, KEYS_DIFFER, and what a call ends with
 */
export async function fetchRosters(
  state: SiteState,
  { roster: service }: Pick<Connection, 'roster'>,
  self: OwnEntry,
  limits?: CallLimits,
): Promise<ReceivedRoster> {
  const received: Roster[] = [];
  for (;;) {
    const known = received.at(-1) ?? newestRoster(state);
    const answer = await call(service.get, { fromEpoch: known?.epoch }, limits);
    const rosters = answer.rosters.map(parseRoster);
    if (known) checkRosterChain(known, rosters);
    received.push(...rosters);
    const roster = rosters.at(-1) ?? known;
    if (roster === undefined || roster.epoch > answer.newestEpoch || (rosters.length === 0 && roster.epoch < answer.newestEpoch))
      throw refused(
        'ROSTER_OLDER',
        `The coordinator says that its newest roster is of epoch ${answer.newestEpoch}; this site holds ${roster ? `epoch ${roster.epoch}` : 'none'}.`,
        'Nothing has changed here. The coordinator may have been restored from an old backup: ask its admin.',
      );
    if (roster.epoch < answer.newestEpoch) continue;
    requireSelf(roster, self);
    const countersigned = answer.countersignatures.map(({ site: name, signature }) => {
      const site = SiteName.parse(name);
      checkCountersignature(roster, site, signature);
      return site;
    });
    keepRosters(state, received);
    return { roster, countersigned };
  }
}

/** @throws ConsiliumError NOT_ON_ROSTER, KEYS_DIFFER */
function requireSelf(roster: Roster, { consortium, site, keys }: OwnEntry): void {
  const entry = memberOf(roster, site);
  const wrong =
    roster.consortium !== consortium
      ? 'The roster is of another consortium.'
      : !keys.identityPublicKey.equals(entry.identityKey) || !keys.sealingPublicKey.equals(entry.sealingKey)
        ? 'The roster holds other keys under the name of this site.'
        : undefined;
  if (wrong !== undefined) throw refused('KEYS_DIFFER', wrong, "Nothing of it is used. Ask the coordinator's admin to look at its log.");
}
