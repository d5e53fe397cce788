import { createHmac, hkdfSync } from 'node:crypto';

/** Bytes of the study key, and of every digest and code here. */
const KEY_BYTES = 32;

/**
 * What a site that holds the keys of an epoch can say: HMAC-SHA256(study key, "have" ‖ epoch, 4 bytes big-endian ‖
 * SHA-256 of the BFV key). PROTOCOL.md section 4, keys of a study.
 * @param epoch - key epoch, 0 to 2^32 − 1
 * @param bfvKeySha256 - 32 bytes
 * @returns 32 bytes
 */
export function haveMac(studyKey: Uint8Array, epoch: number, bfvKeySha256: Uint8Array): Buffer {
  if (!Number.isInteger(epoch)) throw new RangeError('a key epoch is an integer');
  const number = Buffer.alloc(4);
  number.writeUInt32BE(epoch);
  return mac(studyKey, 'have', number, digestBytes(bfvKeySha256));
}

/**
 * A state under the study key, so that the coordinator can compare states and learn none: HMAC-SHA256(study key,
 * "state" ‖ digest). PROTOCOL.md section 4, step 9.
 * @param digest - 32 bytes
 * @returns 32 bytes
 */
export function stateMac(studyKey: Uint8Array, digest: Uint8Array): Buffer {
  return mac(studyKey, 'state', digestBytes(digest));
}

/**
 * A bundle before its release: HMAC-SHA256(study key, "bundle" ‖ SHA-256 of the bundle). PROTOCOL.md section 4.
 * @param digest - 32 bytes
 * @returns 32 bytes
 */
export function bundleMac(studyKey: Uint8Array, digest: Uint8Array): Buffer {
  return mac(studyKey, 'bundle', digestBytes(digest));
}

/**
 * The key of an attempt's check values: HKDF-SHA256(study key, no salt, info "consilium/v1/check" ‖ T).
 * PROTOCOL.md section 4, step 8.
 * @param transcript - T of `attemptTranscript`, 32 bytes
 * @returns 32 bytes
 */
export function checkKey(studyKey: Uint8Array, transcript: Uint8Array): Buffer {
  const info = Buffer.concat([Buffer.from('consilium/v1/check', 'utf8'), digestBytes(transcript)]);
  return Buffer.from(hkdfSync('sha256', keyBytes(studyKey), new Uint8Array(0), info, KEY_BYTES));
}

function mac(studyKey: Uint8Array, word: string, ...parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac('sha256', keyBytes(studyKey)).update(word, 'utf8');
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

function keyBytes(studyKey: Uint8Array): Uint8Array {
  if (studyKey.length !== KEY_BYTES) throw new RangeError('a study key has 32 bytes');
  return studyKey;
}

/** All digests have one length, so that no two inputs of a code run together. */
function digestBytes(digest: Uint8Array): Uint8Array {
  if (digest.length !== KEY_BYTES) throw new RangeError('a SHA-256 digest has 32 bytes');
  return digest;
}
