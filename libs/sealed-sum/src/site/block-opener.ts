// Loaded by worker threads too: see bfv/context.ts for the imports that end in .ts.
import type { Ciphertext, Decryptor, Plaintext } from 'node-seal';
import type { Bfv } from '../bfv/context.ts';
import { sealFrames } from '../bfv/frames.ts';
import { RING } from '../bfv/ring.ts';
import { loadSecretKey } from '../bfv/secret-key.ts';
import { BLOCK_BYTES } from '../blocks/block-file.ts';

/** Decrypts blocks of a fold under one key. Holds objects in WebAssembly memory until `delete`. Never asks for a noise budget. */
export class BlockOpener {
  /** The coefficients of the block opened last, as halves of little-endian 64-bit words. */
  readonly words = new Uint32Array(2 * RING.degree);
  /** The same coefficients as whole words. */
  readonly coefficients = new BigUint64Array(this.words.buffer);
  readonly #bfv: Bfv;
  readonly #bytes: Uint8Array;
  readonly #frameBytes: number;
  readonly #plainFrameBytes: number;
  readonly #decryptor: Decryptor;
  readonly #ciphertext: Ciphertext;
  readonly #plain: Plaintext;

  /** @param bfvKey - already known to be one: `requireBfvKey` */
  constructor(bfv: Bfv, bfvKey: Uint8Array) {
    const { seal, context } = bfv;
    const { fold, plaintext } = sealFrames(bfv, RING.degree);
    this.#bfv = bfv;
    this.#bytes = new Uint8Array(fold.length + BLOCK_BYTES.fold);
    this.#bytes.set(fold);
    this.#frameBytes = fold.length;
    this.#plainFrameBytes = plaintext.length;
    const secret = loadSecretKey(bfv, bfvKey);
    try {
      this.#decryptor = new seal.Decryptor(context, secret);
    } finally {
      secret.delete();
    }
    this.#ciphertext = new seal.Ciphertext();
    this.#plain = new seal.Plaintext();
  }

  /** @param block - both polynomials, every word already known to be below q */
  open(block: Uint8Array): void {
    const { seal, context } = this.#bfv;
    this.#bytes.set(block, this.#frameBytes);
    this.#ciphertext.loadFromArray(context, this.#bytes);
    this.#decryptor.decrypt(this.#ciphertext, this.#plain);
    const saved = this.#plain.saveToArray(seal.ComprModeType.none) as Uint8Array;
    // SEAL leaves the highest coefficients out where they are 0.
    this.words.fill(0);
    this.words.set(new Uint32Array(saved.buffer, saved.byteOffset + this.#plainFrameBytes, (saved.length - this.#plainFrameBytes) / 4));
    saved.fill(0);
  }

  delete(): void {
    this.words.fill(0);
    this.#decryptor.delete();
    this.#ciphertext.delete();
    this.#plain.delete();
  }
}
