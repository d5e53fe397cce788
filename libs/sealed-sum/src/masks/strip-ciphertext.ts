// Loaded by worker threads too: see bfv/context.ts for the imports that end in .ts.
import { COEFFICIENT_MODULUS } from '../parameters/ring.ts';

/**
 * Takes a plaintext out of a ciphertext without a key (PROTOCOL.md section 4, step 7): c0 ← c0 − ⌊q/p⌋·M mod q, where
 * ⌊q/p⌋ = 16384 = 2^14. Adds at most 1 to the error, which the parameters allow for (22·n + 1 < q/(2p)).
 * @param first - the ciphertext's first polynomial, every word below q
 * @param masks - M, every word below p
 */
export function stripFromCiphertext(first: BigUint64Array, masks: BigUint64Array): void {
  const q = BigInt.asUintN(64, COEFFICIENT_MODULUS);
  for (let k = 0; k < first.length; k++) {
    const scaled = BigInt.asUintN(64, BigInt.asUintN(64, masks[k] as bigint) << 14n);
    const difference = BigInt.asUintN(64, BigInt.asUintN(64, (first[k] as bigint) + q) - scaled);
    first[k] = difference >= q ? BigInt.asUintN(64, difference - q) : difference;
  }
}
