import { randomFillSync } from 'node:crypto';
import { ORIGIN, type RandomWords } from './random-words.js';

/** 64 KiB: the largest piece that the operating system's generator is asked for at once. */
const WORDS = 16_384;

/** The cryptographic generator of the operating system, read in pieces; a word is wiped once it was handed out. */
export class SystemRandomness implements RandomWords {
  readonly [ORIGIN] = 'operating-system';
  readonly #words = new Uint32Array(WORDS);
  #used = WORDS;

  next(): number {
    if (this.#used === WORDS) {
      randomFillSync(this.#words);
      this.#used = 0;
    }
    const word = this.#words[this.#used] as number;
    this.#words[this.#used] = 0;
    this.#used += 1;
    return word;
  }
}
