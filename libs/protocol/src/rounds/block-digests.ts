import { createHash } from 'node:crypto';
import { canonicalJson, sha256Hex } from '../canonical-json.js';

/** What a site advertised for a block of seats: fresh public keys and commitments, 32 bytes each, one a seat. */
export interface AdvertisedSeats {
  readonly roundKeys: readonly Uint8Array[];
  readonly commitments: readonly Uint8Array[];
}

const over = (parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** `seats` of the "advert" statement: SHA-256 (hex) over all round keys, then all commitments, in the order of seats. */
export function seatsDigest({ roundKeys, commitments }: AdvertisedSeats): string {
  return over([...roundKeys, ...commitments]);
}

/** What a site advertises of its part of a block's graph seed: SHA-256("seed" ‖ part). @param part - 32 bytes */
export function seedCommitment(part: Uint8Array): Buffer {
  return Buffer.from(over([Buffer.from('seed', 'utf8'), part]), 'hex');
}

/** A member of U1, as far as the graph depends on it. */
export interface SeedPart {
  readonly site: string;
  /** `seatsDigest` of its advert. */
  readonly seats: string;
  /** What it had committed to in its advert, 32 bytes. */
  readonly part: Uint8Array;
}

/**
 * The seed of a block's mask graph, 32 bytes: SHA-256 over where the block belongs, its adverts and a random part of every
 * member, each fixed by a commitment before any was shown. Whoever would choose it knows the parts of the others only when
 * its own is fixed, so all that is left is to let the block come to nothing, one try for each.
 */
export function graphSeed(
  { study, keyEpoch, block }: { readonly study: string; readonly keyEpoch: number; readonly block: number },
  parts: readonly SeedPart[],
): Buffer {
  const members = parts.map(({ site, seats, part }) => ({ site, seats, part: Buffer.from(part).toString('hex') }));
  return Buffer.from(sha256Hex(canonicalJson({ study, keyEpoch, block, members })), 'hex');
}

/** `members` of the "shares" statement: SHA-256 (hex) over the names of U1 in order, and the seed of its graph where it has one. */
export function membersDigest(sites: readonly string[], seed?: Uint8Array): string {
  return sha256Hex(canonicalJson(seed ? { seed: Buffer.from(seed).toString('hex'), sites: [...sites] } : [...sites]));
}

/** One line of a contributors' list. */
export interface ListedUpload {
  readonly site: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** The site's signature over its upload, hex. */
  readonly signature: string;
}

/** `root` of the "list", "unmask" and "fold" statements: SHA-256 (hex) over the whole list in its order. */
export function listDigest(contributors: readonly ListedUpload[]): string {
  return sha256Hex(canonicalJson(contributors.map(({ site, bytes, sha256, signature }) => ({ site, bytes, sha256, signature }))));
}

/** `dropped_sha256` of an unmask message: SHA-256 over the shares for the coordinator in order, each after its site's name. */
export function droppedDigest(dropped: readonly { readonly site: string; readonly share: Uint8Array }[]): Buffer {
  return Buffer.from(over(dropped.flatMap(({ site, share }) => [Buffer.from(`${site}\n`, 'utf8'), share])), 'hex');
}

/** What one holder's "unmask" statement is about. */
export interface UnmaskParts {
  /** Sealed for the sites. */
  readonly sealed: Uint8Array;
  /** {@link droppedDigest}. */
  readonly droppedSha256: Uint8Array;
  /** SHA-256 of the sealed proofs. */
  readonly proofsSha256: Uint8Array;
}

/** `sha256` of the "unmask" statement: SHA-256 (hex) over the SHA-256 of each part. */
export function unmaskDigest({ sealed, droppedSha256, proofsSha256 }: UnmaskParts): string {
  return over([Buffer.from(sha256Hex(sealed), 'hex'), droppedSha256, proofsSha256]);
}
