import { sign, verify, type KeyObject } from 'node:crypto';
import { importIdentityKey, rawIdentityKey } from './ed25519.js';

/** Signs bytes whose domain the caller sees to, with a key that stays here (pure Ed25519, RFC 8032). */
export interface RawSigner {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @returns 64 bytes */
  sign(bytes: Uint8Array): Uint8Array;
}

/** For what has a form of its own, as ledgers and checkpoints have; everything else is a statement. */
export function rawSigner(identityKey: KeyObject): RawSigner {
  return { publicKey: rawIdentityKey(identityKey), sign: (bytes) => sign(null, bytes, identityKey) };
}

/**
 * Reads a public key and checks signatures by it.
 * @returns whether 64 bytes are its signature; false, never an error, for bytes that are no key or no signature
 */
export function readRawKey(publicKey: Uint8Array): (bytes: Uint8Array, signature: Uint8Array) => boolean {
  try {
    const key = importIdentityKey(publicKey);
    return (bytes, signature) => verify(null, bytes, key, signature);
  } catch {
    return () => false;
  }
}
