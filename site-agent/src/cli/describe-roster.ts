import { memberWords, rosterChange, rosterWords, type Roster } from '@consilium/identity';
import type { SiteName } from '@consilium/protocol';

/** A roster as a person compares it, and the same as data. */
export interface RosterDescription {
  /** What is described: this very roster is what is signed after the comparison, whatever arrives meanwhile. */
  readonly roster: Roster;
  readonly lines: readonly string[];
  readonly data: {
    readonly consortium: string;
    readonly epoch: number;
    /** Eight words over the whole roster and its past. */
    readonly words: string;
    /** The newest epoch whose keys count at this site; null before the first one is confirmed. */
    readonly countersignedEpoch: number | null;
    readonly members: readonly {
      readonly site: string;
      readonly words: string;
      /** Ed25519 public keys, hex, newest last: what ledgers are verified with. */
      readonly identityKeys: readonly string[];
      /** Against the epoch that this site has countersigned. */
      readonly change: 'new' | 'new keys' | null;
      /** Whether the member has countersigned this very roster; null where the coordinator was not asked. */
      readonly countersigned: boolean | null;
    }[];
    readonly left: readonly string[];
  };
}

/**
 * @param inForce - what this site has countersigned, if anything
 * @param countersigned - who has countersigned `roster`; undefined where the coordinator was not asked
 */
export function describeRoster(
  roster: Roster,
  inForce: Roster | undefined,
  countersigned: readonly SiteName[] | undefined,
): RosterDescription {
  const { joined, rekeyed, left } = rosterChange(inForce, roster);
  const members = roster.members.map((member) => {
    const change = joined.includes(member) ? ('new' as const) : rekeyed.includes(member) ? ('new keys' as const) : null;
    const signed = countersigned === undefined ? null : countersigned.some((site) => site === member.site);
    const identityKeys = [Buffer.from(member.identityKey).toString('hex')];
    return { site: member.site, words: memberWords(member), identityKeys, change, countersigned: signed };
  });
  const width = Math.max(0, ...members.map(({ site }) => site.length));
  const data = {
    consortium: roster.consortium,
    epoch: roster.epoch,
    words: rosterWords(roster),
    countersignedEpoch: inForce?.epoch ?? null,
    members,
    left,
  };
  const here =
    inForce === undefined
      ? 'not confirmed at this site yet: consilium-site roster confirm'
      : inForce.epoch === roster.epoch
        ? 'countersigned by this site'
        : `this site uses the keys of epoch ${inForce.epoch}: consilium-site roster countersign`;
  return {
    roster,
    data,
    lines: [
      `${data.consortium}, epoch ${data.epoch}, ${here}`,
      ...members.map(({ site, words, change, countersigned: signed }) => {
        const marks = [...(inForce !== undefined && change !== null ? [change] : []), ...(signed === true ? ['countersigned'] : [])];
        return `${site.padEnd(width)}  ${words}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}`;
      }),
      ...left.map((site) => `${site.padEnd(width)}  has left`),
      `${'roster'.padEnd(width)}  ${data.words}`,
    ],
  };
}
