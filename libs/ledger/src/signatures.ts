import type { Json } from '@consilium/protocol';
import { canonicalJson } from '@consilium/protocol';

/** Signs with the site's identity key (pure Ed25519, RFC 8032). libs/identity makes one; the key stays there. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @returns 64 bytes */
  sign(bytes: Uint8Array): Uint8Array;
}

/**
 * Reads a public key of 32 bytes and checks signatures by it.
 * @returns whether 64 bytes are its signature over `bytes`; false, never an error, for bytes that are no key or no signature
 */
export type KeyReader = (publicKey: Uint8Array) => (bytes: Uint8Array, signature: Uint8Array) => boolean;

/**
 * What the identity key signs here, and (`ledger-word`) an officer's. The same key signs statements (`consilium/v1/<kind>` and JSON), checkpoints (which
 * begin with an origin and a number on the next line) and cosignatures (`cosignature/v1`): none can pass for another.
 */
export type LedgerDomain = 'ledger-entry' | 'ledger-abort' | 'ledger-last' | 'ledger-word';

/** `consilium/v1/<domain>`, a line feed, and the canonical JSON of `value`. */
export function signedJson(domain: LedgerDomain, value: Json): Buffer {
  return Buffer.concat([Buffer.from(`consilium/v1/${domain}\n`, 'utf8'), canonicalJson(value)]);
}
