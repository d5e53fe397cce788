import { createHash } from 'node:crypto';
import { SHARE_BYTES, splitSecret } from '@consilium/sealed-sum';
import type { SeatSecrets } from './seat-secrets.js';

/** Of one seat: the share of b, then the share of the round key. */
export const SEAT_SHARE_BYTES = 2 * SHARE_BYTES;

/** SHA-256 of a bundle, 32 bytes: its sender signs it for that member. */
export function bundleHash(bundle: Uint8Array): Buffer {
  return createHash('sha256').update(bundle).digest();
}

/**
 * Shamir shares of the secrets of all seats (PROTOCOL.md section 4, step 2): one bundle for each member of U1 in order,
 * seat after seat.
 * @param members - how many, 2 to 255
 * @param threshold - t of the study, whatever the size of U1
 */
export async function dealBundles(seats: readonly SeatSecrets[], members: number, threshold: number): Promise<readonly Buffer[]> {
  const bundles = Array.from({ length: members }, () => Buffer.alloc(seats.length * SEAT_SHARE_BYTES));
  for (const [seat, { selfSecret, roundKey }] of seats.entries()) {
    const secrets = await splitSecret(selfSecret, members, threshold);
    const keys = await splitSecret(roundKey, members, threshold);
    bundles.forEach((bundle, member) => {
      bundle.set(secrets[member] ?? [], seat * SEAT_SHARE_BYTES);
      bundle.set(keys[member] ?? [], seat * SEAT_SHARE_BYTES + SHARE_BYTES);
    });
    // A hundred members and 64 seats take a second: heartbeats go on meanwhile.
    await new Promise(setImmediate);
  }
  return bundles;
}

/** What is kept: for each seat the shares of all senders, one after the other. @param bundles - of equal length */
export function bySeat(bundles: readonly Uint8Array[], seats: number): readonly Buffer[] {
  return Array.from({ length: seats }, (_, seat) =>
    Buffer.concat(bundles.map((bundle) => bundle.subarray(seat * SEAT_SHARE_BYTES, (seat + 1) * SEAT_SHARE_BYTES))),
  );
}

/** Both shares that a sender gave this site for one seat. @param sender - its place in U2 */
export function sharesFrom(row: Uint8Array, sender: number): { readonly selfSecret: Uint8Array; readonly roundKey: Uint8Array } {
  const both = row.subarray(sender * SEAT_SHARE_BYTES, (sender + 1) * SEAT_SHARE_BYTES);
  return { selfSecret: both.subarray(0, SHARE_BYTES), roundKey: both.subarray(SHARE_BYTES) };
}
