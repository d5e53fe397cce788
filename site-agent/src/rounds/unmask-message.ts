import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { canonicalJson, type SiteName } from '@consilium/protocol';
import { ReleasedShares, type ReleasedShare } from '@consilium/protocol/wire';
import type { AttemptPlace } from './attempts.js';
import { contextOf } from './closed-list.js';
import type { EpochKeys } from './key-epochs.js';
import type { StudyAtSite } from './study-at-site.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** One key for each sender and attempt, which only the sites of the study can derive. */
function keyOf(at: StudyAtSite, { studyKey }: EpochKeys, place: AttemptPlace, site: SiteName): Buffer {
  const { block, seat } = place;
  const info = Buffer.concat([Buffer.from('consilium/v1/unmask', 'utf8'), canonicalJson({ ...contextOf(at, place), block, seat, site })]);
  return Buffer.from(hkdfSync('sha256', studyKey, new Uint8Array(0), info, 32));
}

/** What this site releases to the sites, unreadable to the coordinator: nonce, ciphertext, tag (proto/README.md, "Unmask"). */
export function sealShares(at: StudyAtSite, keys: EpochKeys, place: AttemptPlace, shares: readonly ReleasedShare[]): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(at, keys, place, at.name), nonce, { authTagLength: TAG_BYTES });
  const plaintext = ReleasedShares.encode({ shares: [...shares] }).finish();
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @returns undefined for anything that `from` did not seal for this attempt, or that is not of the right form */
export function openShares(
  at: StudyAtSite,
  keys: EpochKeys,
  place: AttemptPlace,
  from: SiteName,
  sealed: Uint8Array,
): readonly ReleasedShare[] | undefined {
  try {
    const decipher = createDecipheriv(CIPHER, keyOf(at, keys, place, from), sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const plaintext = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return ReleasedShares.decode(plaintext).shares;
  } catch {
    // One answer for every reason.
    return undefined;
  }
}
