import { sign, verify, type KeyObject } from 'node:crypto';
import { importIdentityKey, rawIdentityKey } from './ed25519.js';

/** Keys of a consortium's members, read once; a thousand sites with a few keys each. */
const MOST_KEYS = 4_096;

/** A site's identity key, for what is signed in another form than a statement: ledger entries, checkpoints, cosignatures. */
export interface IdentitySigner {
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** Pure Ed25519 (RFC 8032). @returns 64 bytes */
  sign(bytes: Uint8Array): Buffer;
}

/** The key stays in the signer: who is handed one can sign, and cannot read it. */
export function identitySigner(identityKey: KeyObject): IdentitySigner {
  return { publicKey: rawIdentityKey(identityKey), sign: (bytes) => sign(null, bytes, identityKey) };
}

/** Whether 64 bytes are a signature over `bytes`; false, never an error. */
export type SignatureCheck = (bytes: Uint8Array, signature: Uint8Array) => boolean;

const known = new Map<string, SignatureCheck>();

/** Reads a public key of 32 bytes; one that is no key has signed nothing. */
export function readIdentityKey(publicKey: Uint8Array): SignatureCheck {
  const name = Buffer.from(publicKey).toString('base64url');
  const check = known.get(name) ?? checkBy(publicKey);
  if (known.size >= MOST_KEYS) known.clear();
  known.set(name, check);
  return check;
}

function checkBy(publicKey: Uint8Array): SignatureCheck {
  try {
    const key = importIdentityKey(publicKey);
    return (bytes, signature) => {
      try {
        return verify(null, bytes, key, signature);
      } catch {
        return false; // 32 bytes that are no point of the curve.
      }
    };
  } catch {
    return () => false;
  }
}
