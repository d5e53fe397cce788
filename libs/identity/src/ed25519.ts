import { createPublicKey, type KeyObject } from 'node:crypto';

/** Bytes of a raw Ed25519 public key (RFC 8032). */
export const IDENTITY_KEY_BYTES = 32;

/** The 32 raw bytes of an Ed25519 public key, from either half of the pair. */
export function rawIdentityKey(key: KeyObject): Buffer {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519' || x === undefined) throw new TypeError('not an Ed25519 key');
  return Buffer.from(x, 'base64url');
}

/** The keys of the members of a roster or two. */
const MOST = 1_024;
const imported = new Map<string, KeyObject>();

/**
 * A key as the library takes it. Taking it in costs as much as checking a signature, and a site's key checks many: the
 * last ones are kept.
 * @throws Error for anything but 32 bytes
 */
export function importIdentityKey(raw: Uint8Array): KeyObject {
  if (raw.length !== IDENTITY_KEY_BYTES) throw new RangeError('an Ed25519 public key has 32 bytes');
  const x = Buffer.from(raw).toString('base64url');
  const known = imported.get(x);
  if (known) return known;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  imported.set(x, key);
  for (const oldest of imported.keys()) {
    if (imported.size <= MOST) break;
    imported.delete(oldest);
  }
  return key;
}
