import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { canonicalJson, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import type { AttemptPlace } from './attempts.js';
import { contextOf } from './closed-list.js';
import type { EpochKeys } from './key-epochs.js';
import type { StudyAtSite } from './study-at-site.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const Shares = z.record(SiteName, z.string().regex(/^(?:[0-9a-f]{2})+$/));

/** A holder's shares of b, by the site whose b it is. */
export type SharesOfSites = ReadonlyMap<SiteName, Uint8Array>;

/** One key for each sender and attempt, which only the sites of the study can derive. */
function keyOf(at: StudyAtSite, { studyKey }: EpochKeys, place: AttemptPlace, site: SiteName): Buffer {
  const { block, seat } = place;
  const info = Buffer.concat([Buffer.from('consilium/v1/unmask', 'utf8'), canonicalJson({ ...contextOf(at, place), block, seat, site })]);
  return Buffer.from(hkdfSync('sha256', studyKey, new Uint8Array(0), info, 32));
}

/** What this site releases to the sites, unreadable to the coordinator: nonce, ciphertext, tag (proto/README.md, "Unmask"). */
export function sealShares(at: StudyAtSite, keys: EpochKeys, place: AttemptPlace, shares: SharesOfSites): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(at, keys, place, at.name), nonce, { authTagLength: TAG_BYTES });
  const plaintext = canonicalJson(Object.fromEntries([...shares].map(([site, share]) => [site, Buffer.from(share).toString('hex')])));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @returns undefined for anything that `from` did not seal for this attempt, or that is not of the right form */
export function openShares(
  at: StudyAtSite,
  keys: EpochKeys,
  place: AttemptPlace,
  from: SiteName,
  sealed: Uint8Array,
): SharesOfSites | undefined {
  try {
    const decipher = createDecipheriv(CIPHER, keyOf(at, keys, place, from), sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const plaintext = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    const shares = Shares.parse(JSON.parse(plaintext.toString('utf8')));
    return new Map(Object.entries(shares).map(([site, share]) => [SiteName.parse(site), Buffer.from(share, 'hex')]));
  } catch {
    // One answer for every reason.
    return undefined;
  }
}
