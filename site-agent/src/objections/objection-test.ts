import { createHmac } from 'node:crypto';

const CONTEXT = 'consilium/v1/objection\n';

/**
 * The patients of a population who object, as this site keeps them: HMAC-SHA256 of each identifier under a key that
 * never leaves the site, so that the file alone names nobody.
 */
export interface Objections {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Hex, sorted. */
  readonly hashes: readonly string[];
  /** Changes with the list. */
  readonly version: string;
}

/** @param key - 32 bytes @returns the keyed hash of an identifier in its cell's form, hex */
export const hashWith =
  (key: Uint8Array) =>
  (identifier: string): string =>
    createHmac('sha256', key)
      .update(CONTEXT + identifier)
      .digest('hex');

/** Whether a patient is on the list, by the identifier as a cell gives it. */
export function objectionTest({ key, hashes }: Objections): (identifier: string) => boolean {
  const listed = new Set(hashes);
  const hash = hashWith(key);
  return (identifier) => listed.has(hash(identifier));
}
