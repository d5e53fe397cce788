import { sha256Hex } from '../canonical-json.js';
import type { Statement } from './statements.js';

/** What a newcomer signs: the SHA-256 of its certificate request (DER) and of its two public keys (raw bytes), hex. */
export function joinStatement(join: {
  readonly site: string;
  readonly csr: Uint8Array;
  readonly identityKey: Uint8Array;
  readonly sealingKey: Uint8Array;
}): Statement<'join'> {
  return {
    site: join.site,
    csr: sha256Hex(join.csr),
    identityKey: sha256Hex(join.identityKey),
    sealingKey: sha256Hex(join.sealingKey),
  };
}
