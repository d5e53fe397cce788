// Loaded by worker threads too: see bfv/context.ts for the imports that end in .ts.
import { createCipheriv, hkdfSync, type Cipheriv } from 'node:crypto';

/** ρ is 23 bits and a lane's sum at most 22, so a product is below 2^45 and 128 of them are exact in a double. */
const FACTOR_MASK = 2 ** 23 - 1;
const EXACT_ADDITIONS = 128;
const CHECK_KEY_BYTES = 32;
/** Factors in one block of the cipher. */
const FACTORS_IN_CIPHER_BLOCK = 4;

/**
 * Check values of PROTOCOL.md section 4, step 8: for k = 1..slots, Σ_j ρ_{k,j}·lane_j mod p over all lanes as packed.
 * ρ_{k,j} is word j of AES-256-CTR (zero IV) under HKDF-SHA256(checkKey, info "consilium/v1/check" ‖ k), low 23 bits.
 * Linear, so the sum over sites of the check values is the check value of the summed lanes. Taken over lanes and not
 * over slots, so that it also finds a lane that wrapped into its neighbour. Lanes are given in order, in pieces.
 */
export class CheckValues {
  readonly #streams: readonly Cipheriv[];
  readonly #sums: number[];
  readonly #modulus: number;

  /**
   * @param firstLane - where the lanes begin that will be given, a multiple of 4
   * @throws RangeError where the key is not 32 bytes
   */
  constructor(checkKey: Uint8Array, slots: number, plainModulus: number, firstLane = 0) {
    if (checkKey.length !== CHECK_KEY_BYTES) throw new RangeError(`a check key has ${CHECK_KEY_BYTES} bytes, not ${checkKey.length}`);
    const counter = Buffer.alloc(16);
    counter.writeBigUInt64BE(BigInt(firstLane / FACTORS_IN_CIPHER_BLOCK), 8);
    this.#modulus = plainModulus;
    this.#sums = Array.from({ length: slots }, () => 0);
    this.#streams = this.#sums.map((_, k) => {
      const info = Buffer.concat([Buffer.from('consilium/v1/check'), Buffer.of(k + 1)]);
      return createCipheriv('aes-256-ctr', Buffer.from(hkdfSync('sha256', checkKey, new Uint8Array(0), info, 32)), counter);
    });
  }

  /** Takes the next lanes in. */
  add(lanes: Int32Array): void {
    const zeros = new Uint8Array(4 * lanes.length);
    this.#streams.forEach((stream, k) => {
      const bytes = stream.update(zeros);
      const factors = new Uint32Array(bytes.buffer, bytes.byteOffset, lanes.length);
      this.#sums[k] = combine(factors, lanes, this.#sums[k] ?? 0, this.#modulus);
    });
  }

  /** The values for the lanes so far, each in [0, p). */
  values(): readonly number[] {
    return this.#sums.map((sum) => (sum < 0 ? sum + this.#modulus : sum));
  }
}

/** sum + Σ factor·lane, in (−p, p). */
function combine(factors: Uint32Array, lanes: Int32Array, sum: number, modulus: number): number {
  for (let from = 0; from < lanes.length; from += EXACT_ADDITIONS) {
    const to = Math.min(from + EXACT_ADDITIONS, lanes.length);
    for (let j = from; j < to; j++) sum += ((factors[j] ?? 0) & FACTOR_MASK) * (lanes[j] ?? 0);
    sum %= modulus;
  }
  return sum;
}

/** Check values of two sets of lanes to those of both. */
export function addValues(one: readonly number[], other: readonly number[], plainModulus: number): readonly number[] {
  return one.map((value, k) => (value + (other[k] ?? 0)) % plainModulus);
}
