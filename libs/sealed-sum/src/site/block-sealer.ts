// Loaded by worker threads too: see bfv/context.ts for the imports that end in .ts.
import type { Encryptor, Plaintext } from 'node-seal';
import type { Bfv } from '../bfv/context.ts';
import { sealFrames, type Frames } from '../bfv/frames.ts';
import { RING } from '../bfv/ring.ts';
import { loadSecretKey } from '../bfv/secret-key.ts';
import { POLYNOMIAL_BYTES, SEED_BYTES } from '../blocks/block-file.ts';

/**
 * Encrypts blocks of coefficients under one key: symmetric, so that the error is bounded (PROTOCOL.md section 3), and
 * seeded, so that half of each ciphertext is 64 bytes. Holds objects in WebAssembly memory until `delete`.
 */
export class BlockSealer {
  /** The coefficients of the next block, each below p, as halves of little-endian 64-bit words. */
  readonly words: Uint32Array;
  /** The same coefficients as whole words. */
  readonly coefficients: BigUint64Array;
  readonly #bfv: Bfv;
  readonly #frames: Frames;
  readonly #plainBytes: Uint8Array;
  readonly #plain: Plaintext;
  readonly #encryptor: Encryptor;

  /** @param bfvKey - already known to be one: `requireBfvKey` */
  constructor(bfv: Bfv, bfvKey: Uint8Array) {
    this.#bfv = bfv;
    this.#frames = sealFrames(bfv, RING.degree);
    const { plaintext } = this.#frames;
    this.#plainBytes = new Uint8Array(plaintext.length + POLYNOMIAL_BYTES);
    this.#plainBytes.set(plaintext);
    this.words = new Uint32Array(this.#plainBytes.buffer, plaintext.length);
    this.coefficients = new BigUint64Array(this.#plainBytes.buffer, plaintext.length);
    this.#encryptor = makeEncryptor(bfv, bfvKey);
    this.#plain = new bfv.seal.Plaintext();
  }

  /** Encrypts `words`. @param into - a block of an upload: first polynomial and seed */
  sealInto(into: Uint8Array): void {
    const { seal, context } = this.#bfv;
    this.#plain.loadFromArray(context, this.#plainBytes);
    const ciphertext = this.#encryptor.encryptSymmetricSerializable(this.#plain);
    try {
      this.#strip(ciphertext.saveToArray(seal.ComprModeType.none) as Uint8Array, into);
    } finally {
      ciphertext.delete();
    }
  }

  delete(): void {
    this.words.fill(0);
    this.#plain.delete();
    this.#encryptor.delete();
  }

  /** Takes off what SEAL wrote around the numbers, after checking that it is what a reader will put back. */
  #strip(saved: Uint8Array, into: Uint8Array): void {
    const { upload, seed } = this.#frames;
    const polynomialEnd = upload.length + POLYNOMIAL_BYTES;
    const seedStart = polynomialEnd + seed.length;
    if (
      saved.length !== seedStart + SEED_BYTES ||
      Buffer.compare(saved.subarray(0, upload.length), upload) !== 0 ||
      Buffer.compare(saved.subarray(polynomialEnd, seedStart), seed) !== 0
    )
      throw new Error('SEAL wrote a ciphertext of another form than this version knows');
    into.set(saved.subarray(upload.length, polynomialEnd));
    into.set(saved.subarray(seedStart), POLYNOMIAL_BYTES);
  }
}

/** SEAL wants a public key beside the secret one, and never uses it for symmetric encryption. */
function makeEncryptor(bfv: Bfv, bfvKey: Uint8Array): Encryptor {
  const { seal, context } = bfv;
  const secret = loadSecretKey(bfv, bfvKey);
  try {
    const generator = new seal.KeyGenerator(context, secret);
    const unused = generator.createPublicKey();
    try {
      return new seal.Encryptor(context, unused, secret);
    } finally {
      unused.delete();
      generator.delete();
    }
  } finally {
    secret.delete();
  }
}
