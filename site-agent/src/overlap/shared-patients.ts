import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { patientIdentifiers, type IdentifiedSource } from '@consilium/cohort';
import { checkPrivate, writePrivateFile, type StateLayout } from '../state/index.js';

const CONTEXT = 'consilium/v1/overlap\n';
const KEY_BYTES = 32;

/**
 * The secret under which patients are compared across the populations of this site. It never leaves the site, and no
 * hash made with it is kept, so that one that is lost or cut short is drawn anew.
 * @throws ConsiliumError FILE_MODE
 */
export function overlapKey({ keys }: Pick<StateLayout, 'keys'>): Buffer {
  const path = join(keys, 'overlap.key');
  if (existsSync(path)) {
    checkPrivate(path, 'file', { allowGroupRead: false });
    const known = readFileSync(path);
    if (known.length === KEY_BYTES) return known;
  }
  const drawn = randomBytes(KEY_BYTES);
  writePrivateFile(path, drawn);
  return drawn;
}

/**
 * A cohort's patients as HMAC-SHA256 of their identifiers, each once.
 * @param key - of {@link overlapKey}
 * @throws CohortRefused DATA_UNREADABLE
 */
export async function patientHashes(key: Uint8Array, source: IdentifiedSource): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>();
  for await (const identifier of patientIdentifiers(source)) {
    const hash = createHmac('sha256', key).update(CONTEXT + identifier);
    hashes.add(hash.digest('base64'));
  }
  return hashes;
}

/** @returns the patients that both have, as a share of the smaller cohort, 0 to 1 */
export function sharedShare(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const shared = [...one].filter((hash) => other.has(hash)).length;
  return shared / Math.max(1, Math.min(one.size, other.size));
}
