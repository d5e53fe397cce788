import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** Any value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * RFC 8785 canonical JSON as UTF-8 bytes: the form that is hashed and signed.
 * @throws TypeError for NaN, infinities and values that JSON cannot hold
 */
export function canonicalJson(value: Json): Buffer {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value that JSON cannot hold');
  return Buffer.from(text, 'utf8');
}

/** SHA-256 as 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
