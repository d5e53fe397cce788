import { ConsiliumError } from '@consilium/protocol';
import { bfvContext, type Bfv } from '../bfv/context.js';
import { RING } from '../bfv/ring.js';
import { isSecretKey } from '../bfv/secret-key.js';

/** Makes SEAL and its context ready, so that the first sum of a process does not wait for them (about 100 ms). */
export async function prepareBfv(): Promise<void> {
  await bfvContext(RING);
}

/**
 * A fresh BFV secret key from the system's randomness, serialised (32,856 bytes). Whoever holds it reads every upload
 * made under it that has no masks: it is sealed to the sites of a study and never leaves them.
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

/** The bytes came from another site. @throws ConsiliumError BFV_KEY_INVALID before SEAL parses anything */
export function requireBfvKey(bfv: Bfv, bytes: Uint8Array): void {
  if (isSecretKey(bfv, bytes)) return;
  throw new ConsiliumError({
    code: 'BFV_KEY_INVALID',
    errorClass: 'verification',
    message: 'The BFV key is not one of this version.',
    fix: 'Start a new key epoch of the study.',
  });
}
