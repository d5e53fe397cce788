import { HoldShares, RevealSeed, ShareRequest, ShareSeats } from '@consilium/protocol/wire';
import type { SiteName, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../../state/index.js';
import type { BlockName } from './seat-secrets.js';

/** What this site shared of a block, as it sends it however often it is asked. */
export interface SharedBlock {
  /** U1 as this site was told it. */
  readonly members: ShareSeats;
  /** Its shares of its own secrets. */
  readonly ownBundle: Uint8Array;
  readonly request: ShareRequest;
}

/** By site, the rounds whose price it has proved to have reserved, ascending; nothing in the modes that need no ledger. */
export type ProvenReserves = ReadonlyMap<SiteName, readonly number[]>;

export interface StoredBlock {
  readonly seats: number;
  /** This site's part of the graph's seed. */
  readonly seedPart: Uint8Array | undefined;
  /** The U1 that it was shown to, where it was. */
  readonly revealed: RevealSeed | undefined;
  readonly shared: SharedBlock | undefined;
  /** What the members of U1 have proved to hold in their ledgers, once this site shared with them. */
  readonly reserves: ProvenReserves;
  /** U1 and U2, once this site holds the shares. */
  readonly held: HoldShares | undefined;
}

const blob = z.instanceof(Uint8Array).nullable();
const Reserves = z.record(z.string(), z.array(z.int()));
const Row = z
  .object({
    seats: z.number(),
    members: blob,
    own_bundle: blob,
    own_share: blob,
    held: blob,
    seed_part: blob,
    revealed: blob,
    reserves: z.string().nullable(),
  })
  .transform(
    ({ seats, members, own_bundle: ownBundle, own_share: ownShare, held, seed_part: seedPart, revealed, reserves }): StoredBlock => ({
      seats,
      reserves: new Map(Object.entries(Reserves.parse(JSON.parse(reserves ?? '{}'))) as [SiteName, number[]][]),
      seedPart: seedPart ?? undefined,
      revealed: revealed ? RevealSeed.decode(revealed) : undefined,
      shared:
        members && ownBundle && ownShare
          ? { members: ShareSeats.decode(members), ownBundle, request: ShareRequest.decode(ownShare) }
          : undefined,
      held: held ? HoldShares.decode(held) : undefined,
    }),
  );

export function findBlock(state: SiteState, { study, keyEpoch, block }: BlockName): StoredBlock | undefined {
  const row = state.database
    .prepare(
      'SELECT seats, members, own_bundle, own_share, held, seed_part, revealed, reserves FROM study_block WHERE study = ? AND key_epoch = ? AND block = ?',
    )
    .get(study, keyEpoch, block);
  return row === undefined ? undefined : Row.parse(row);
}

/** Durable when it returns: before this site's part of the seed leaves. */
export function saveRevealed(state: SiteState, { study, keyEpoch, block }: BlockName, task: RevealSeed): void {
  state.database
    .prepare('UPDATE study_block SET revealed = ? WHERE study = ? AND key_epoch = ? AND block = ?')
    .run(RevealSeed.encode(task).finish(), study, keyEpoch, block);
}

/** Blocks whose seed this site has helped to reveal since the last one of which it used a seat. */
export function revealedInVain(state: SiteState, study: StudyHash): number {
  const row = state.database
    .prepare(
      `SELECT count(*) AS blocks FROM study_block WHERE study = ? AND revealed IS NOT NULL
       AND block > (SELECT coalesce(max(block), -1) FROM study_attempt WHERE study = ?)`,
    )
    .get(study, study);
  return z.object({ blocks: z.number() }).parse(row).blocks;
}

/** Durable when it returns: before a share leaves. */
export function saveShared(
  state: SiteState,
  { study, keyEpoch, block }: BlockName,
  { members, ownBundle, request }: SharedBlock,
  reserves: ProvenReserves,
): void {
  const proven = JSON.stringify(Object.fromEntries(reserves));
  state.database
    .prepare(
      'UPDATE study_block SET members = ?, own_bundle = ?, own_share = ?, reserves = ? WHERE study = ? AND key_epoch = ? AND block = ?',
    )
    .run(ShareSeats.encode(members).finish(), ownBundle, ShareRequest.encode(request).finish(), proven, study, keyEpoch, block);
}

/**
 * Keeps who is in a block and this site's shares: one row a seat, so that those of a seat can be deleted. What it sent
 * itself is no longer needed then.
 * @param shares - for each seat, as `packSeat` made them
 */
export function saveHeld(state: SiteState, { study, keyEpoch, block }: BlockName, held: HoldShares, shares: readonly Uint8Array[]): void {
  const insert = state.database.prepare('INSERT INTO study_share (study, key_epoch, block, seat, shares) VALUES (?, ?, ?, ?, ?)');
  state.transaction(() => {
    state.database
      .prepare(
        `UPDATE study_block SET held = ?, members = NULL, own_bundle = NULL, own_share = NULL
         WHERE study = ? AND key_epoch = ? AND block = ?`,
      )
      .run(HoldShares.encode(held).finish(), study, keyEpoch, block);
    shares.forEach((row, seat) => insert.run(study, keyEpoch, block, seat, row));
  });
}

/** This site's shares of one seat, as `packSeat` made them; undefined where it has none, or has deleted them. */
export function sharesOfSeat(state: SiteState, { study, keyEpoch, block }: BlockName, seat: number): Uint8Array | undefined {
  const row = state.database
    .prepare('SELECT shares FROM study_share WHERE study = ? AND key_epoch = ? AND block = ? AND seat = ?')
    .get(study, keyEpoch, block, seat);
  return row === undefined ? undefined : z.object({ shares: z.instanceof(Uint8Array) }).parse(row).shares;
}
