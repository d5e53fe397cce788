// Loaded by worker threads too: see bfv/context.ts for the imports that end in .ts.
import { DEGREE, PLAIN_MODULUS } from '../parameters/ring.ts';
import { BlockCounters } from './block-counters.ts';
import { MaskStream } from './mask-stream.ts';

/** A mask that goes in with a sign. */
export interface MaskTerm {
  /** 32 bytes, from `pairKey` or `selfKey`. */
  readonly key: Uint8Array;
  readonly sign: 1 | -1;
}

/** p is 2^46 − 57. */
const BITS = 46n;
const LOW = 2n ** BITS - 1n;
const DEFICIT = 2n ** BITS - BigInt(PLAIN_MODULUS);

/** Σ sign·PRG(key) mod p, for one ciphertext after the other. */
export class MaskSum {
  readonly #plus: readonly MaskStream[];
  readonly #minus: readonly MaskStream[];
  readonly #counters = new BlockCounters();
  readonly #taken = new BigUint64Array(DEGREE);

  /** @throws RangeError for a key that is not 32 bytes */
  constructor(terms: readonly MaskTerm[]) {
    this.#plus = terms.filter(({ sign }) => sign === 1).map(({ key }) => new MaskStream(key));
    this.#minus = terms.filter(({ sign }) => sign === -1).map(({ key }) => new MaskStream(key));
  }

  /** @param values - the coefficients of ciphertext `block`, in [0, p) before and after */
  addTo(values: BigUint64Array, block: number): void {
    this.#counters.moveTo(block);
    for (const stream of this.#plus) stream.addTo(values, this.#counters);
    if (this.#minus.length > 0) {
      this.#taken.fill(0n);
      for (const stream of this.#minus) stream.addTo(this.#taken, this.#counters);
      reduce(this.#taken);
      subtract(values, this.#taken);
    }
    reduce(values);
  }
}

/** values[k] ← values[k] − taken[k] modulo p, not reduced. @param taken - in [0, p) */
function subtract(values: BigUint64Array, taken: BigUint64Array): void {
  const p = BigInt.asUintN(64, BigInt(PLAIN_MODULUS));
  for (let k = 0; k < values.length; k++)
    values[k] = BigInt.asUintN(64, (values[k] as bigint) + BigInt.asUintN(64, p - (taken[k] as bigint)));
}

/** Values below 2^63 to [0, p): 2^46 is 57 modulo p, so what lies above the low 46 bits comes back 57 times. */
function reduce(values: BigUint64Array): void {
  const p = BigInt.asUintN(64, BigInt(PLAIN_MODULUS));
  for (let k = 0; k < values.length; k++) {
    const value = BigInt.asUintN(64, values[k] as bigint);
    const folded = BigInt.asUintN(64, BigInt.asUintN(64, BigInt.asUintN(64, value >> BITS) * DEFICIT) + BigInt.asUintN(64, value & LOW));
    values[k] = folded >= p ? BigInt.asUintN(64, folded - p) : folded;
  }
}
