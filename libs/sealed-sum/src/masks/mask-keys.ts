import { hkdfSync } from 'node:crypto';
import type { MaskTerm } from './mask-sum.js';
import { keyAgreement } from './round-keys.js';

const KEY_BYTES = 32;
const PAIR = 'consilium/v1/pair';
/** T of an attempt, SHA-256 over all that both ends must agree on (PROTOCOL.md section 4, step 3). */
const TRANSCRIPT_BYTES = 32;

/** All masks of one site in one attempt. */
export interface SiteMasks {
  /** `selfKey` of the site's own b. */
  readonly self: Buffer;
  /** One for each neighbour in U2: + where the own place in the roster is before the neighbour's, − after. */
  readonly pairs: readonly MaskTerm[];
}

/** A site's fresh public key at its place in the roster. */
export interface AdvertisedKey {
  readonly index: number;
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** A private round key at its place in the roster: the own one, or that of a dropped site, rebuilt from its shares. */
export interface HeldKey {
  readonly index: number;
  readonly privateKey: Uint8Array;
}

/**
 * The key of the mask that two sites share: HKDF-SHA256(X25519(sk, pk), salt empty, info "consilium/v1/pair" ‖ T). The
 * same at both ends only if both computed the same T: sites that differ in model, list or context do not cancel.
 * @param transcript - T, 32 bytes
 * @throws ConsiliumError ROUND_KEY_INVALID; RangeError for another length of T
 */
export function pairKey(privateKey: Uint8Array, publicKey: Uint8Array, transcript: Uint8Array): Buffer {
  return derive(keyAgreement(privateKey)(publicKey), PAIR, transcript);
}

/**
 * The key of a site's own mask: HKDF-SHA256(b, salt empty, info "consilium/v1/self" ‖ T).
 * @param secret - b, 32 bytes, drawn for this attempt alone
 */
export function selfKey(secret: Uint8Array, transcript: Uint8Array): Buffer {
  if (secret.length !== KEY_BYTES) throw new RangeError(`a self-mask secret has ${KEY_BYTES} bytes, not ${secret.length}`);
  return derive(secret, 'consilium/v1/self', transcript);
}

/** The masks of a site over its neighbours in U2 (step 3). */
export function siteMasks(
  own: HeldKey & { readonly selfSecret: Uint8Array },
  neighbours: readonly AdvertisedKey[],
  transcript: Uint8Array,
): SiteMasks {
  return { self: selfKey(own.selfSecret, transcript), pairs: pairTerms(own, neighbours, (peer) => signAt(own, peer), transcript) };
}

/**
 * The pair masks that stay in a sum because one end of the pair is missing: what a dropped site's contributing
 * neighbours put in, with their signs (step 7).
 * @param dropped - a site of U2 ∖ U3 with its rebuilt round key
 * @param neighbours - its neighbours in U3
 */
export function droppedMasks(dropped: HeldKey, neighbours: readonly AdvertisedKey[], transcript: Uint8Array): readonly MaskTerm[] {
  return pairTerms(dropped, neighbours, (peer) => signAt(peer, dropped), transcript);
}

function pairTerms(
  held: HeldKey,
  peers: readonly AdvertisedKey[],
  signOf: (peer: AdvertisedKey) => 1 | -1,
  transcript: Uint8Array,
): readonly MaskTerm[] {
  const agree = keyAgreement(held.privateKey);
  return peers.map((peer) => ({ key: derive(agree(peer.publicKey), PAIR, transcript), sign: signOf(peer) }));
}

/** + for pairs with a later site, − for pairs with an earlier one. */
function signAt(own: { readonly index: number }, peer: { readonly index: number }): 1 | -1 {
  if (own.index === peer.index) throw new RangeError('a site has no mask with itself');
  return own.index < peer.index ? 1 : -1;
}

function derive(secret: Uint8Array, label: string, transcript: Uint8Array): Buffer {
  if (transcript.length !== TRANSCRIPT_BYTES) throw new RangeError(`T has ${TRANSCRIPT_BYTES} bytes, not ${transcript.length}`);
  return Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), Buffer.concat([Buffer.from(label), transcript]), KEY_BYTES));
}
