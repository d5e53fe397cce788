import { createHash } from 'node:crypto';
import { canonicalJson, SiteName, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { ConsortiumName } from './spiffe.js';

const count = z.int().min(0).max(0xffff_ffff);

const hex32 = z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits');

const Attempt = z.strictObject({
  consortium: ConsortiumName,
  study: StudyHash,
  keyEpoch: count,
  round: count,
  attempt: count,
  kind: z.enum(['train', 'evaluate']),
  block: count,
  seat: count,
  participants: z.array(z.strictObject({ site: SiteName, seats: hex32, shares: hex32 })).min(1),
  state: hex32,
});

/** All that the participants of an attempt have to agree on before they add anything up. */
export interface Attempt {
  readonly consortium: string;
  /** Study hash, 64 hex digits. */
  readonly study: string;
  readonly keyEpoch: number;
  readonly round: number;
  readonly attempt: number;
  readonly kind: 'train' | 'evaluate';
  readonly block: number;
  readonly seat: number;
  /** U2 in the order of the study, which is part of T; with `seatsDigest` and the share root of the block (hex). */
  readonly participants: readonly { readonly site: string; readonly seats: string; readonly shares: string }[];
  /** `stateMac` of the state before the round, 64 hex digits. */
  readonly state: string;
}

/**
 * T of an attempt: SHA-256 of the canonical JSON of what it is about (PROTOCOL.md section 4, step 3; the form is in
 * proto/README.md). Sites whose models differ get different T, and their sums do not pass for sums.
 * @returns 32 bytes
 * @throws z.ZodError for values of the wrong form
 */
export function attemptTranscript(attempt: Attempt): Buffer {
  return createHash('sha256')
    .update(canonicalJson(Attempt.parse(attempt)))
    .digest();
}
