import { ConsiliumError } from '@consilium/protocol';
import type { SecretKey } from 'node-seal';
import { bfvContext, type Bfv } from '../bfv/context.js';
import { sealFrames } from '../bfv/frames.js';
import { RING } from '../bfv/ring.js';
import { POLYNOMIAL_BYTES } from '../blocks/block-file.js';
import { firstWordOutOfRange } from '../blocks/word-range.js';

/** Makes SEAL and its context ready, so that the first sum of a process does not wait for them (about 100 ms). */
export async function prepareBfv(): Promise<void> {
  await bfvContext(RING);
}

/**
 * A fresh BFV secret key from the system's randomness, serialised (32,856 bytes). Whoever holds it reads every upload
 * made under it: it is sealed to the sites of a study and never leaves them.
 */
export async function generateBfvKey(): Promise<Buffer> {
  const { seal, context } = await bfvContext(RING);
  const generator = new seal.KeyGenerator(context);
  const key = generator.secretKey();
  try {
    return Buffer.from(key.saveToArray(seal.ComprModeType.none) as Uint8Array);
  } finally {
    key.delete();
    generator.delete();
  }
}

/**
 * A serialised key as SEAL's object; the caller deletes it. The bytes came from another site: all that is not a
 * residue must be exactly what SEAL writes, and every residue below q, before SEAL parses them.
 * @throws ConsiliumError BFV_KEY_INVALID
 */
export function loadBfvKey(bfv: Bfv, bytes: Uint8Array): SecretKey {
  const frame = keyFrame(bfv);
  const residues = bytes.subarray(frame.length);
  if (
    bytes.length !== frame.length + POLYNOMIAL_BYTES ||
    Buffer.compare(bytes.subarray(0, frame.length), frame) !== 0 ||
    firstWordOutOfRange(residues, BigInt(RING.coefficientModulus)) >= 0
  )
    throw new ConsiliumError({
      code: 'BFV_KEY_INVALID',
      errorClass: 'verification',
      message: 'The BFV key is not one of this version.',
      fix: 'Start a new key epoch of the study.',
    });
  const key = new bfv.seal.SecretKey();
  try {
    // SEAL's binding takes a plain Uint8Array only, not a Buffer.
    key.loadFromArray(bfv.context, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    return key;
  } catch (error) {
    key.delete();
    throw error;
  }
}

/** A secret key is a plaintext that carries the identity of its ring. */
function keyFrame(bfv: Bfv): Uint8Array {
  const frame = sealFrames(bfv, RING.degree).plaintext.slice();
  const id = bfv.context.keyParmsId();
  try {
    frame.set(new Uint8Array((id.values() as BigUint64Array).slice().buffer), 16);
  } finally {
    id.delete();
  }
  return frame;
}
