import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { ConsiliumError } from '@consilium/protocol';

/** Bytes of an X-Wing public key: ML-KEM-768 (1184) and X25519 (32). */
export const SEALING_KEY_BYTES = 1216;
/** Bytes of an X-Wing private key: the seed that both halves are derived from. */
export const SEALING_SEED_BYTES = 32;

/** HPKE base mode (RFC 9180) with the X-Wing KEM (draft-connolly-cfrg-xwing-kem), HKDF-SHA256 and AES-256-GCM. */
const kem = new XWing();
const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** A sealed message. It does not say who sealed it: sign it (statement `box`). */
export interface Sealed {
  /** 1120 bytes. */
  readonly encapsulatedKey: Buffer;
  /** The plaintext's length and 16 bytes. */
  readonly ciphertext: Buffer;
}

/** A new sealing key pair: 32 and 1216 bytes. */
export async function createSealingKey(): Promise<{ readonly privateKey: Buffer; readonly publicKey: Buffer }> {
  const pair = await kem.generateKeyPair();
  return {
    privateKey: Buffer.from(await kem.serializePrivateKey(pair.privateKey)),
    publicKey: Buffer.from(await kem.serializePublicKey(pair.publicKey)),
  };
}

/** The public key (1216 bytes) of a sealing seed (32 bytes). */
export async function sealingPublicKey(privateKey: Uint8Array): Promise<Buffer> {
  if (privateKey.length !== SEALING_SEED_BYTES) throw new RangeError('a sealing key has 32 bytes');
  const pair = await kem.generateKeyPairDerand(new Uint8Array(privateKey));
  return Buffer.from(await kem.serializePublicKey(pair.publicKey));
}

/**
 * Seals a message to one site.
 * @param input - `publicKey`: 1216 bytes, from the roster; `info`: what the key is for; `aad`: what the message
 *   belongs to. Both have to be the same when it is opened.
 * @throws ConsiliumError SEAL_INVALID for a public key of the wrong form
 */
export async function sealTo(input: {
  readonly publicKey: Uint8Array;
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
  readonly plaintext: Uint8Array;
}): Promise<Sealed> {
  try {
    const recipientPublicKey = await kem.deserializePublicKey(buffer(input.publicKey));
    const { enc, ct } = await suite.seal({ recipientPublicKey, info: buffer(input.info) }, buffer(input.plaintext), buffer(input.aad));
    return { encapsulatedKey: Buffer.from(enc), ciphertext: Buffer.from(ct) };
  } catch {
    throw invalid("A message cannot be sealed to this site's key.", 'Compare the roster with the site (consilium-site roster show).');
  }
}

/**
 * Opens a sealed message.
 * @param input - `privateKey`: 32 bytes; `info`, `aad`: as they were when it was sealed
 * @throws ConsiliumError SEAL_INVALID when key, info, aad or a single bit of the message differ
 */
export async function openSealed(
  input: Sealed & { readonly privateKey: Uint8Array; readonly info: Uint8Array; readonly aad: Uint8Array },
): Promise<Buffer> {
  try {
    const recipientKey = await kem.deserializePrivateKey(buffer(input.privateKey));
    const opened = await suite.open(
      { recipientKey, enc: buffer(input.encapsulatedKey), info: buffer(input.info) },
      buffer(input.ciphertext),
      buffer(input.aad),
    );
    return Buffer.from(opened);
  } catch {
    // One answer for every reason: which of them it was helps only somebody who tries messages out.
    throw invalid(
      "A sealed message does not open with this site's key.",
      'The sender seals it again; if that fails too, compare the roster.',
    );
  }
}

/** The bytes alone in an ArrayBuffer of their own, as the HPKE package reads them: a Buffer may share one with others. */
function buffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function invalid(message: string, fix: string): ConsiliumError {
  return new ConsiliumError({ code: 'SEAL_INVALID', errorClass: 'verification', message, fix });
}
