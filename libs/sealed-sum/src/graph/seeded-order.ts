import { createCipheriv, createHash } from 'node:crypto';

/**
 * A permutation of 0..n−1 that everybody derives from the same seed: Fisher and Yates from the end, the place of step i
 * (i = n−1 … 1) drawn uniformly from 0..i. Draws are the little-endian 32-bit words of AES-256-CTR (zero IV) under
 * SHA-256("consilium/v1/graph" ‖ seed), modulo i + 1; words ≥ ⌊2^32/(i + 1)⌋·(i + 1) are skipped.
 * @param seed - 32 bytes
 */
export function seededOrder(sites: number, seed: Uint8Array): readonly number[] {
  const key = createHash('sha256').update('consilium/v1/graph').update(seed).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const draw = (below: number) => {
    const limit = Math.floor(2 ** 32 / below) * below;
    for (;;) {
      const word = stream.update(Buffer.alloc(4)).readUInt32LE();
      if (word < limit) return word % below;
    }
  };
  const order = Array.from({ length: sites }, (_, index) => index);
  for (let i = sites - 1; i > 0; i--) {
    const place = draw(i + 1);
    [order[i], order[place]] = [order[place] ?? 0, order[i] ?? 0];
  }
  return order;
}
