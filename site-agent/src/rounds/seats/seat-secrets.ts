import { randomBytes } from 'node:crypto';
import type { StudyHash } from '@consilium/protocol';
import { commitment, publicRoundKey, roundKeyPair } from '@consilium/sealed-sum';
import { z } from 'zod';
import type { SiteState } from '../../state/index.js';

/** Most seats of one block (PROTOCOL.md section 4, step 1). */
export const LARGEST_BLOCK = 64;

const SECRET_BYTES = 32;

/** A block of seats of a study. */
export interface BlockName {
  readonly study: StudyHash;
  readonly keyEpoch: number;
  readonly block: number;
}

export interface SeatName extends BlockName {
  readonly seat: number;
}

/** What this site alone knows of a seat, 32 bytes each. */
export interface SeatSecrets {
  /** X25519 private key. */
  readonly roundKey: Uint8Array;
  /** b. */
  readonly selfSecret: Uint8Array;
}

const bytes = z.instanceof(Uint8Array);
const Row = z
  .object({ round_key: bytes, self_secret: bytes })
  .transform(({ round_key: roundKey, self_secret: selfSecret }): SeatSecrets => ({ roundKey, selfSecret }));

/** Draws the secrets of seats that nobody has used. */
export function drawSeats(count: number): readonly SeatSecrets[] {
  return Array.from({ length: count }, () => ({ roundKey: roundKeyPair().privateKey, selfSecret: randomBytes(SECRET_BYTES) }));
}

/** What is advertised of a seat. */
export function publicSeat({ roundKey, selfSecret }: SeatSecrets): { readonly roundKey: Buffer; readonly commitment: Buffer } {
  return { roundKey: publicRoundKey(roundKey), commitment: commitment(selfSecret) };
}

/**
 * Durable when it returns: before a key or a commitment of these seats leaves.
 * @param seedPart - this site's part of the seed of the block's mask graph, 32 bytes
 */
export function saveSeats(
  state: SiteState,
  { study, keyEpoch, block }: BlockName,
  seats: readonly SeatSecrets[],
  seedPart: Uint8Array,
): void {
  const insert = state.database.prepare(
    'INSERT INTO study_seat (study, key_epoch, block, seat, round_key, self_secret) VALUES (?, ?, ?, ?, ?, ?)',
  );
  state.transaction(() => {
    state.database
      .prepare('INSERT INTO study_block (study, key_epoch, block, seats, seed_part) VALUES (?, ?, ?, ?, ?)')
      .run(study, keyEpoch, block, seats.length, seedPart);
    seats.forEach(({ roundKey, selfSecret }, seat) => insert.run(study, keyEpoch, block, seat, roundKey, selfSecret));
  });
}

/** Those secrets of a block that are not deleted, in the order of seats. */
export function seatsOfBlock(state: SiteState, { study, keyEpoch, block }: BlockName): readonly SeatSecrets[] {
  return state.database
    .prepare('SELECT round_key, self_secret FROM study_seat WHERE study = ? AND key_epoch = ? AND block = ? ORDER BY seat')
    .all(study, keyEpoch, block)
    .map((row) => Row.parse(row));
}

/** @returns undefined where this site never had the seat, or has deleted it */
export function findSeat(state: SiteState, { study, keyEpoch, block, seat }: SeatName): SeatSecrets | undefined {
  const row = state.database
    .prepare('SELECT round_key, self_secret FROM study_seat WHERE study = ? AND key_epoch = ? AND block = ? AND seat = ?')
    .get(study, keyEpoch, block, seat);
  return row === undefined ? undefined : Row.parse(row);
}
