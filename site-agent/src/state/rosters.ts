import { parseRoster, type Roster } from '@consilium/identity';
import { Roster as RosterMessage } from '@consilium/protocol/wire';
import { z } from 'zod';
import type { SiteState } from './site-state.js';

const RosterRow = z.object({ roster: z.instanceof(Uint8Array) });
const EpochRow = z.object({ epoch: z.int().nullable() });
const SignatureRow = z.object({
  epoch: z.int(),
  signature: z.instanceof(Uint8Array),
  signed_at: z.string(),
  sent_at: z.string().nullable(),
});

/** An epoch's roster never changes, and every signature is checked against one: each is read once. */
const read = new WeakMap<SiteState, Map<number, Roster>>();

/** Keeps rosters that were checked to continue what is kept; one that is there already stays. */
export function keepRosters(state: SiteState, rosters: readonly Roster[]): void {
  const insert = state.database.prepare('INSERT OR IGNORE INTO roster (epoch, roster, received_at) VALUES (?, ?, ?)');
  state.transaction(() => {
    for (const roster of rosters) insert.run(roster.epoch, encode(roster), new Date().toISOString());
  });
}

/** The newest roster that this site has received; nobody here may have looked at it yet. */
export function newestRoster(state: SiteState): Roster | undefined {
  return byEpoch(state, state.database.prepare('SELECT max(epoch) AS epoch FROM roster').get());
}

/** The newest roster that this site has countersigned: only the keys in it count here (PROTOCOL.md section 2). */
export function rosterInForce(state: SiteState): Roster | undefined {
  return byEpoch(state, state.database.prepare('SELECT max(epoch) AS epoch FROM countersignature').get());
}

/** @returns undefined where this site joined later, or has not received it yet */
export function rosterOfEpoch(state: SiteState, epoch: number): Roster | undefined {
  const rosters = read.get(state) ?? new Map<number, Roster>();
  read.set(state, rosters);
  const known = rosters.get(epoch);
  if (known) return known;
  const row = state.database.prepare('SELECT roster FROM roster WHERE epoch = ?').get(epoch);
  if (row === undefined) return undefined;
  const roster = parseRoster(RosterMessage.decode(RosterRow.parse(row).roster));
  rosters.set(epoch, roster);
  return roster;
}

/**
 * The roster of an epoch, or, at a site that was given none so old, the oldest that it was given since: a site that joins
 * receives the newest roster alone, which may be newer than the one of its own admission.
 * @returns undefined where this site has none of that epoch or later
 */
export function oldestRosterFrom(state: SiteState, epoch: number): Roster | undefined {
  return byEpoch(state, state.database.prepare('SELECT min(epoch) AS epoch FROM roster WHERE epoch >= ?').get(epoch));
}

function byEpoch(state: SiteState, row: unknown): Roster | undefined {
  const { epoch } = EpochRow.parse(row);
  return epoch === null ? undefined : rosterOfEpoch(state, epoch);
}

/** This site has other keys now: what it signed with the old ones says nothing any more, and no roster counts here until it is confirmed. */
export function forgetCountersignatures(state: SiteState): void {
  state.database.exec('DELETE FROM countersignature');
}

/** A signature of this site over a roster that it keeps. */
export interface StoredCountersignature {
  readonly epoch: number;
  readonly signature: Uint8Array;
  readonly signedAt: string;
  /** When the coordinator had it; null while it still has to be sent. */
  readonly sentAt: string | null;
}

/** The keys of this epoch count from here on. */
export function saveCountersignature(state: SiteState, epoch: number, signature: Uint8Array): void {
  state.database
    .prepare('INSERT OR IGNORE INTO countersignature (epoch, signature, signed_at) VALUES (?, ?, ?)')
    .run(epoch, signature, new Date().toISOString());
}

/** The newest, if the coordinator does not have it yet; what it replaced is of no interest any more. */
export function unsentCountersignature(state: SiteState): StoredCountersignature | undefined {
  const row = state.database.prepare('SELECT * FROM countersignature ORDER BY epoch DESC LIMIT 1').get();
  if (row === undefined) return undefined;
  const { epoch, signature, signed_at: signedAt, sent_at: sentAt } = SignatureRow.parse(row);
  return sentAt === null ? { epoch, signature, signedAt, sentAt } : undefined;
}

export function markCountersignatureSent(state: SiteState, epoch: number): void {
  state.database.prepare('UPDATE countersignature SET sent_at = ? WHERE epoch = ?').run(new Date().toISOString(), epoch);
}

function encode({ consortium, epoch, previousHash, members }: Roster): Uint8Array {
  return RosterMessage.encode({
    consortium,
    epoch,
    previousHash: Buffer.from(previousHash),
    members: members.map(({ site, identityKey, sealingKey }) => ({
      site,
      identityKey: Buffer.from(identityKey),
      sealingKey: Buffer.from(sealingKey),
    })),
  }).finish();
}
