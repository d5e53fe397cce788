import type { AbortCertificate } from '../entries/entry.js';
import { signedJson, type KeyReader, type Signer } from '../signatures.js';
import { fault, type Fault } from './fault.js';

/** One round of one study, everywhere in the consortium. */
export interface RoundName {
  readonly consortium: string;
  readonly study: string;
  readonly round: number;
}

/** The keys that the roster has given a site, newest last; none for a stranger. */
export type KeysOf = (site: string) => readonly Uint8Array[];

/** What a site signs when it did not release a round and binds itself never to: PROTOCOL.md section 7. */
export function abortBytes({ consortium, study, round }: RoundName, site: string): Buffer {
  return signedJson('ledger-abort', { consortium, study, round, site });
}

/** The site's signature for an abort certificate, 64 bytes. The caller must have stored, durably, that it will not release. */
export function signAbort(round: RoundName, site: string, signer: Signer): Uint8Array {
  return signer.sign(abortBytes(round, site));
}

/** Whether a site signed that it never releases the round. @param keys - that the roster has given it */
export function hasSignedAbort(
  round: RoundName,
  site: string,
  signature: Uint8Array,
  keys: readonly Uint8Array[],
  readKey: KeyReader,
): boolean {
  const bytes = abortBytes(round, site);
  return keys.some((key) => readKey(key)(bytes, signature));
}

/** How many sites must sign: n − t + 1 + c. */
export function abortSigners({ n, t, c }: { readonly n: number; readonly t: number; readonly c: number }): number {
  return n - t + 1 + c;
}

/**
 * Whether enough sites bound themselves: of n − t + 1 + c, at most c lie, so fewer than t are left that could open
 * the round.
 */
export function abortFault(certificate: AbortCertificate, round: RoundName, keysOf: KeysOf, readKey: KeyReader): Fault | undefined {
  const { n, t, c, signatures } = certificate;
  if (c < 1 || t > n || 2 * t <= n + c) return fault('abort-certificate', 'has an abort certificate whose n, t and c do not fit');
  const signers = new Set(signatures.map(({ site }) => site));
  if (signers.size !== signatures.length) return fault('abort-certificate', 'has an abort certificate with a site twice');
  const needed = abortSigners(certificate);
  if (signers.size > n || signers.size < needed)
    return fault('abort-certificate', `has an abort certificate of ${signers.size} sites; ${needed} to ${n} are needed`);
  const wrong = signatures.find(
    ({ site, signature }) => !hasSignedAbort(round, site, Buffer.from(signature, 'hex'), keysOf(site), readKey),
  );
  return wrong && fault('abort-certificate', `has an abort certificate whose signature of ${wrong.site} does not hold`);
}
