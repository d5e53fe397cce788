// Loaded by worker threads too: see bfv/context.ts for the imports that end in .ts.
import { createCipheriv, type Cipheriv } from 'node:crypto';
import { PLAIN_MODULUS } from '../parameters/ring.ts';
import type { BlockCounters } from './block-counters.ts';

export const MASK_KEY_BYTES = 32;
/** A mask's draw is the low 46 bits of a 64-bit word. */
const DRAW = 2n ** 46n - 1n;

/**
 * The pseudo-random masks under one key (PROTOCOL.md section 4, step 3): for ciphertext b the AES-256-CTR stream with
 * IV uint64 big-endian b ‖ 0^64, as little-endian 64-bit words, of which the low 46 bits count and those ≥ p are
 * skipped. Every block is drawn from its own IV, so blocks can be made in any order, by any thread.
 */
export class MaskStream {
  readonly #cipher: Cipheriv;
  readonly #modulus: bigint;

  /**
   * @param key - 32 bytes
   * @param modulus - p; another one only to see draws skipped, which for p happens once in 10^12
   * @throws RangeError for a key of another length
   */
  constructor(key: Uint8Array, modulus = BigInt(PLAIN_MODULUS)) {
    if (key.length !== MASK_KEY_BYTES) throw new RangeError(`a mask key has ${MASK_KEY_BYTES} bytes, not ${key.length}`);
    this.#modulus = modulus;
    // Counter mode is the cipher applied to the counters (NIST SP 800-38A, 6.5). Applied to counters that all streams of
    // a block share it needs one cipher object a key; a CTR object for every block and key costs more than its AES.
    this.#cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  }

  /**
   * Adds the masks of the block that `counters` stand at, without reduction.
   * @param sums - one for each coefficient; 2^17 additions stay below 2^63
   */
  addTo(sums: BigUint64Array, counters: BlockCounters): void {
    let served = addDraws(sums, 0, this.#words(counters.bytes), this.#modulus);
    // Words that were skipped are made up for by those after the first 4096.
    for (let round = 1; served < sums.length; round++)
      served = addDraws(sums, served, this.#words(counters.following(round)), this.#modulus);
  }

  #words(counters: Uint8Array): BigUint64Array {
    const bytes = this.#cipher.update(counters);
    return new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  }
}

/**
 * Adds the draws of `words` to the coefficients from `served` on. Wrapped in `asUintN(64, …)` the arithmetic compiles to
 * 64-bit instructions, about 1 ns a word; `as bigint` because a `?? 0n` would put every number on the heap.
 * @returns the first coefficient that has not got its draw
 */
function addDraws(sums: BigUint64Array, served: number, words: BigUint64Array, modulus: bigint): number {
  const limit = BigInt.asUintN(64, modulus);
  let k = served;
  for (let at = 0; at < words.length && k < sums.length; at++) {
    const draw = BigInt.asUintN(64, (words[at] as bigint) & DRAW);
    if (draw >= limit) continue;
    sums[k] = BigInt.asUintN(64, (sums[k] as bigint) + draw);
    k++;
  }
  return k;
}
