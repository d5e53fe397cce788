import { sha256Hex } from '../canonical-json.js';
import type { Statement } from './statements.js';

/**
 * The `join` statement of a site: what a site signs with its new identity key and the coordinator checks, made by both
 * from the same bytes. The request and the sealing key stand as SHA-256, the identity key as it is.
 * @param keys - `csr`: DER; `identityKey`: 32 bytes; `sealingKey`: 1216 bytes
 */
export function joinStatement(
  site: string,
  keys: { readonly csr: Uint8Array; readonly identityKey: Uint8Array; readonly sealingKey: Uint8Array },
): Statement<'join'> {
  return {
    site,
    csr: sha256Hex(keys.csr),
    identityKey: Buffer.from(keys.identityKey).toString('hex'),
    sealingKey: sha256Hex(keys.sealingKey),
  };
}
