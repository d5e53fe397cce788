import { SHARE_BYTES, splitSecret, type DealtBoxes } from '@consilium/sealed-sum';
import type { SeatSecrets } from './seat-secrets.js';

/** Of one seat: the share of b, then the share of the round key. */
export const SHARES_OF_SEAT = 2;
const HASH_BYTES = 32;

/** Where the shares of a seat lie in a box. */
export function placesOf(seat: number): { readonly selfSecret: number; readonly roundKey: number } {
  return { selfSecret: SHARES_OF_SEAT * seat, roundKey: SHARES_OF_SEAT * seat + 1 };
}

/** What a holder gets from a dealer: its shares, in order, and the audit path of the box to the dealer's root. */
export interface Bundle {
  readonly box: readonly Uint8Array[];
  readonly ofBox: readonly Uint8Array[];
}

/**
 * Shamir shares of the secrets of all seats (PROTOCOL.md section 4, step 2): one box for each holder in order, seat after
 * seat.
 * @param holders - how many, 2 to 255
 */
export async function dealBoxes(seats: readonly SeatSecrets[], holders: number, threshold: number): Promise<DealtBoxes> {
  const boxes = Array.from({ length: holders }, (): Uint8Array[] => []);
  for (const { selfSecret, roundKey } of seats) {
    const secrets = await splitSecret(selfSecret, holders, threshold);
    const keys = await splitSecret(roundKey, holders, threshold);
    boxes.forEach((box, holder) => box.push(secrets[holder] ?? new Uint8Array(), keys[holder] ?? new Uint8Array()));
    // A hundred holders and 64 seats take a second: heartbeats go on meanwhile.
    await new Promise(setImmediate);
  }
  return boxes;
}

/** What is sealed: the shares one after the other, then the path. */
export function packBundle({ box, ofBox }: Bundle): Buffer {
  return Buffer.concat([...box, ...ofBox]);
}

/** @returns undefined for bytes that are no shares of `seats` seats and a path after them */
export function unpackBundle(bytes: Uint8Array, seats: number): Bundle | undefined {
  const shares = seats * SHARES_OF_SEAT;
  const path = bytes.subarray(shares * SHARE_BYTES);
  if (bytes.length < shares * SHARE_BYTES || path.length % HASH_BYTES !== 0) return undefined;
  const cut = (from: Uint8Array, size: number, count: number) =>
    Array.from({ length: count }, (_, index) => from.subarray(index * size, (index + 1) * size));
  return { box: cut(bytes, SHARE_BYTES, shares), ofBox: cut(path, HASH_BYTES, path.length / HASH_BYTES) };
}
