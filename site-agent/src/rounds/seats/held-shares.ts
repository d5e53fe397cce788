import type { SiteName } from '@consilium/protocol';
import { ReleasedShares, type ReleasedShare } from '@consilium/protocol/wire';
import { shareProof } from '@consilium/sealed-sum';
import { placesOf, type Bundle } from './bundles.js';

/** Both shares that a dealer gave this site for one seat, each with its proof. */
export interface HeldPair {
  readonly selfSecret: ReleasedShare;
  readonly roundKey: ReleasedShare;
}

/**
 * What is kept of a seat: of every dealer the share of b, then that of the round key, ready to be released. The proofs
 * are made while the whole box is there: the shares of other seats may be deleted by then.
 */
export function packSeat(bundles: ReadonlyMap<SiteName, Bundle>, seat: number): Uint8Array {
  const places = placesOf(seat);
  const shares = [...bundles].flatMap(([site, { box, ofBox }]) =>
    [places.selfSecret, places.roundKey].map((place): ReleasedShare => ({
      site,
      share: Buffer.from(box[place] ?? []),
      inBox: shareProof(box, place, ofBox).inBox.map((hash) => Buffer.from(hash)),
      ofBox: ofBox.map((hash) => Buffer.from(hash)),
    })),
  );
  return ReleasedShares.encode({ shares }).finish();
}

/** By dealer. */
export function unpackSeat(row: Uint8Array): ReadonlyMap<string, HeldPair> {
  const { shares } = ReleasedShares.decode(row);
  const pairs = new Map<string, HeldPair>();
  for (let at = 0; at + 1 < shares.length; at += 2) {
    const [selfSecret, roundKey] = [shares[at], shares[at + 1]];
    if (selfSecret && roundKey) pairs.set(selfSecret.site, { selfSecret, roundKey });
  }
  return pairs;
}
