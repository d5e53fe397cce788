import { checkCountersignature, memberOf, nextRoster, parseRoster, sameKeys, type Roster, type RosterMember } from '@consilium/identity';
import { ConsiliumError, type SiteName } from '@consilium/protocol';
import { Roster as RosterMessage, type RosterServiceGetResponse } from '@consilium/protocol/wire';
import {
  addCountersignature,
  addRoster,
  countersignaturesOf,
  findRoster,
  newestCountersigned,
  newestRoster,
  rostersAfter,
  rostersBefore,
  type Database,
  type RosterRow,
} from '../storage/index.js';

/** One answer holds as many rosters as this, and at least one. */
const ANSWER_BYTES = 2 * 2 ** 20;
const AT_ONCE = 64;

const read = (row: RosterRow): Roster => parseRoster(RosterMessage.decode(row.roster));

/** The consortium's rosters, epoch after epoch, and what the members signed over them (PROTOCOL.md section 2). */
export class RosterBook {
  /** In memory, as is the next: every signature that comes in is checked against them. */
  #newest: Promise<Roster> | undefined;
  #keys: Promise<ReadonlyMap<SiteName, readonly Buffer[]>> | undefined;

  constructor(
    private readonly db: Database,
    private readonly consortium: string,
  ) {}

  /** The members now. Before the first admission an epoch 0 that nobody is in, and that is kept nowhere. */
  newest(): Promise<Roster> {
    this.#newest ??= this.#read(this.db).then((roster) => roster ?? nextRoster(this.consortium, undefined, []));
    return this.#newest;
  }

  /**
   * A new epoch, within a transaction that holds the members (`lockMembers`); {@link changed} is to be called when it is over.
   * @param change - from the members as they are to those of the new epoch, in roster order
   */
  async append(tx: Database, now: Date, change: (members: readonly RosterMember[]) => readonly RosterMember[]): Promise<void> {
    const before = await this.#read(tx);
    const roster = parseRoster(nextRoster(this.consortium, before, change(before?.members ?? [])));
    await addRoster(tx, { epoch: roster.epoch, roster: encode(roster), created_at: now });
  }

  changed(): void {
    this.#newest = undefined;
    this.#keys = undefined;
  }

  /** The epochs after one, oldest first, as many as fit; without one the newest alone. */
  async after(epoch: number | undefined): Promise<RosterServiceGetResponse> {
    const newest = await this.newest();
    const rows = await rostersAfter(this.db, epoch ?? newest.epoch - 1, AT_ONCE);
    let bytes = 0;
    const fitting = rows.filter(({ roster }, index) => (bytes += roster.length) <= ANSWER_BYTES || index === 0);
    const rosters = fitting.map(({ roster }) => RosterMessage.decode(roster));
    // An epoch may have been added since the newest was read.
    const newestEpoch = Math.max(newest.epoch, rows.at(-1)?.epoch ?? 0);
    const reached = (rosters.at(-1)?.epoch ?? newestEpoch) === newestEpoch;
    const signed = reached ? await countersignaturesOf(this.db, newestEpoch) : [];
    return {
      rosters,
      newestEpoch,
      countersignatures: signed.map(({ site, signature }) => ({ site, signature })),
    };
  }

  /**
   * Keeps a member's signature over a roster, after checking it.
   * @throws ConsiliumError ROSTER_UNKNOWN, NOT_ON_ROSTER, COUNTERSIGNATURE_INVALID
   */
  async countersign(site: SiteName, epoch: number, signature: Buffer, now: Date): Promise<void> {
    const row = await findRoster(this.db, epoch);
    if (!row)
      throw new ConsiliumError({
        code: 'ROSTER_UNKNOWN',
        errorClass: 'refused',
        message: `This coordinator has no roster of epoch ${epoch}.`,
        fix: "If the coordinator was restored from a backup, its admin restores a newer one; compare the roster's words with another member.",
      });
    const roster = read(row);
    memberOf(roster, site);
    checkCountersignature(roster, site, signature);
    await addCountersignature(this.db, { epoch, site, signature, at: now });
  }

  /** The newest epoch that each site has countersigned. */
  countersigned(): Promise<ReadonlyMap<SiteName, number>> {
    return newestCountersigned(this.db);
  }

  /**
   * The roster epoch of a study that is launched now: the oldest from which on all its sites have had the keys that they
   * have now. Whoever joins or leaves besides changes nothing in it, and no site has to countersign more than it needs.
   * @throws ConsiliumError NOT_ON_ROSTER
   */
  async epochOf(sites: readonly SiteName[]): Promise<number> {
    const newest = await this.newest();
    const members = sites.map((site) => memberOf(newest, site));
    for (let epoch = newest.epoch; ;) {
      const rows = await rostersBefore(this.db, epoch, AT_ONCE);
      if (rows.length === 0) return epoch;
      for (const row of rows) {
        const earlier = new Map(read(row).members.map((member) => [member.site, member]));
        const same = members.every((member) => {
          const before = earlier.get(member.site);
          return before !== undefined && sameKeys(before, member);
        });
        if (!same) return epoch;
        epoch = row.epoch;
      }
    }
  }

  /** All identity keys that each site has had on any roster, newest last: what ledgers and their checkpoints are signed with. */
  keys(): Promise<ReadonlyMap<SiteName, readonly Buffer[]>> {
    this.#keys ??= this.#allKeys().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #allKeys(): Promise<ReadonlyMap<SiteName, readonly Buffer[]>> {
    const keys = new Map<SiteName, Buffer[]>();
    for (let epoch = -1; ;) {
      const rows = await rostersAfter(this.db, epoch, AT_ONCE);
      for (const row of rows)
        for (const { site, identityKey } of read(row).members) {
          const key = Buffer.from(identityKey);
          const known = keys.get(site) ?? [];
          keys.set(site, [...known.filter((one) => !one.equals(key)), key]);
        }
      const last = rows.at(-1);
      if (last === undefined) return keys;
      epoch = last.epoch;
    }
  }

  async #read(db: Database): Promise<Roster | undefined> {
    const row = await newestRoster(db);
    return row && read(row);
  }
}

function encode({ consortium, epoch, previousHash, members }: Roster): Buffer {
  return Buffer.from(
    RosterMessage.encode({
      consortium,
      epoch,
      previousHash: Buffer.from(previousHash),
      members: members.map(({ site, identityKey, sealingKey }) => ({
        site,
        identityKey: Buffer.from(identityKey),
        sealingKey: Buffer.from(sealingKey),
      })),
    }).finish(),
  );
}
