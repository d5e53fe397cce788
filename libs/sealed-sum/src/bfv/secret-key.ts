// Loaded by worker threads too: see context.ts for the imports that end in .ts.
import type { SecretKey } from 'node-seal';
import { POLYNOMIAL_BYTES } from '../blocks/block-file.ts';
import { firstWordOutOfRange } from '../blocks/word-range.ts';
import type { Bfv } from './context.ts';
import { sealFrames } from './frames.ts';
import { RING } from './ring.ts';

/** Whether bytes are a key as SEAL writes it: all that is not a residue exactly its frame, and every residue below q. */
export function isSecretKey(bfv: Bfv, bytes: Uint8Array): boolean {
  const frame = keyFrame(bfv);
  return (
    bytes.length === frame.length + POLYNOMIAL_BYTES &&
    Buffer.compare(bytes.subarray(0, frame.length), frame) === 0 &&
    firstWordOutOfRange(bytes.subarray(frame.length), BigInt(RING.coefficientModulus)) < 0
  );
}

/** A serialised key as SEAL's object; the caller deletes it. Nothing else is given to SEAL's parser. */
export function loadSecretKey(bfv: Bfv, bytes: Uint8Array): SecretKey {
  if (!isSecretKey(bfv, bytes)) throw new Error('these bytes are not a BFV key');
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
