import { ConsiliumError } from '@consilium/protocol';
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';

const RAW_BYTES = 32;
/** RFC 8410: what stands before the 32 raw bytes of an X25519 key. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** X25519 keys of one seat, raw, 32 bytes each. Used for one attempt and never again. */
export interface RoundKeyPair {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

/** A fresh key pair from the system's randomness. */
export function roundKeyPair(): RoundKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-RAW_BYTES),
    publicKey: rawPublic(publicKey),
  };
}

/**
 * The public key that belongs to a private one: a rebuilt round key must be the advertised one (step 6).
 * @throws ConsiliumError ROUND_KEY_INVALID for anything but 32 bytes
 */
export function publicRoundKey(privateKey: Uint8Array): Buffer {
  return rawPublic(createPublicKey(privateKeyObject(privateKey)));
}

/**
 * X25519 (RFC 7748) of one private key with any number of public ones, refusing the all-zero result of a point of small
 * order. Making the private key ready costs more than an agreement.
 * @throws ConsiliumError ROUND_KEY_INVALID, for the private key at once
 */
export function keyAgreement(privateKey: Uint8Array): (publicKey: Uint8Array) => Buffer {
  const own = privateKeyObject(privateKey);
  return (publicKey) => {
    requireLength(publicKey);
    const point = createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, publicKey]), format: 'der', type: 'spki' });
    try {
      return diffieHellman({ privateKey: own, publicKey: point });
    } catch {
      throw roundKeyInvalid();
    }
  };
}

function privateKeyObject(raw: Uint8Array): KeyObject {
  requireLength(raw);
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, raw]), format: 'der', type: 'pkcs8' });
}

function rawPublic(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-RAW_BYTES);
}

function requireLength(raw: Uint8Array): void {
  if (raw.length !== RAW_BYTES) throw roundKeyInvalid();
}

function roundKeyInvalid(): ConsiliumError {
  return new ConsiliumError({
    code: 'ROUND_KEY_INVALID',
    errorClass: 'verification',
    message: 'A round key is not an X25519 key of 32 bytes.',
    fix: 'The site that advertised it must take part again from a new block of seats.',
  });
}
