import { createCipheriv, createHash } from 'node:crypto';
import { ORIGIN, type RandomWords } from '../randomness/random-words.js';

const BYTES = 65_536;

/**
 * Words that anybody who knows the seed can draw again: AES-256-CTR under SHA-256("consilium/v1/simulation" ‖ 0x00 ‖ seed).
 * For tests, benches and simulations that compare runs. Noise drawn from it protects nobody.
 */
export class SeededRandomness implements RandomWords {
  readonly [ORIGIN] = 'seeded';
  readonly #stream;
  #piece = new Uint32Array(0);
  #used = 0;

  constructor(seed: string) {
    const key = createHash('sha256').update(`consilium/v1/simulation\0${seed}`).digest();
    this.#stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  }

  next(): number {
    if (this.#used === this.#piece.length) {
      const bytes = Uint8Array.from(this.#stream.update(Buffer.alloc(BYTES)));
      this.#piece = new Uint32Array(bytes.buffer);
      this.#used = 0;
    }
    const word = this.#piece[this.#used] as number;
    this.#used += 1;
    return word;
  }
}
