import { ConsiliumError, type SiteName, type Statement } from '@consilium/protocol';
import { fingerprintWords } from './fingerprint-words.js';
import { rosterHash, type Roster, type RosterMember } from './roster.js';

/** What one roster has that another has not: what people at a site have to look at before they countersign it. */
export interface RosterChange {
  /** Sites that are new, in roster order. */
  readonly joined: readonly RosterMember[];
  /** Sites that were there before and have other keys now. */
  readonly rekeyed: readonly RosterMember[];
  readonly left: readonly SiteName[];
}

/**
 * The roster of the next epoch; of epoch 0 where there is none before.
 * @param members - all of them, in roster order
 */
export function nextRoster(consortium: string, before: Roster | undefined, members: readonly RosterMember[]): Roster {
  return before === undefined
    ? { consortium, epoch: 0, previousHash: new Uint8Array(0), members }
    : { consortium, epoch: before.epoch + 1, previousHash: rosterHash(before), members };
}

/**
 * Checks that rosters follow one another from a known one on: the same consortium, epochs without a gap, each with
 * the hash of the one before (PROTOCOL.md section 2). Who is new in them is for people to compare.
 * @param later - oldest first
 * @throws ConsiliumError ROSTER_CHAIN, exit 6
 */
export function checkRosterChain(known: Roster, later: readonly Roster[]): void {
  let before = known;
  for (const roster of later) {
    const follows =
      roster.consortium === before.consortium &&
      roster.epoch === before.epoch + 1 &&
      Buffer.from(roster.previousHash).equals(rosterHash(before));
    if (!follows)
      throw new ConsiliumError({
        code: 'ROSTER_CHAIN',
        errorClass: 'verification',
        message: `The coordinator's roster of epoch ${roster.epoch} does not continue the one of epoch ${before.epoch} that this site holds.`,
        fix: "Nothing of it is used. Compare the roster's words with another member by phone (consilium-site roster show), and ask the coordinator's admin.",
      });
    before = roster;
  }
}

/** What changed from one roster to a later one; without an earlier one everybody is new. */
export function rosterChange(before: Roster | undefined, after: Roster): RosterChange {
  const old = new Map(before?.members.map((member) => [member.site, member]));
  const joined = after.members.filter(({ site }) => !old.has(site));
  const rekeyed = after.members.filter((member) => {
    const known = old.get(member.site);
    return known !== undefined && !sameKeys(known, member);
  });
  const left = [...old.keys()].filter((site) => !after.members.some((member) => member.site === site));
  return { joined, rekeyed, left };
}

export function sameKeys(one: RosterMember, other: RosterMember): boolean {
  return Buffer.from(one.identityKey).equals(other.identityKey) && Buffer.from(one.sealingKey).equals(other.sealingKey);
}

/** Eight words over a whole roster: two members who read the same hold the same keys of everybody, and the same past. */
export function rosterWords(roster: Roster): string {
  return fingerprintWords(rosterHash(roster));
}

/** What a site signs when it countersigns a roster; the coordinator and the members make it from the same bytes. */
export function rosterStatement(roster: Roster, site: SiteName): Statement<'roster'> {
  return { consortium: roster.consortium, epoch: roster.epoch, rosterHash: rosterHash(roster).toString('hex'), site };
}
