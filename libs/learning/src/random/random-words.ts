import { hash } from 'node:crypto';

/**
 * A reproducible stream of 32-bit words: SHA-256 in counter mode, the same on every machine and version.
 * Block i is SHA-256(purpose ‖ 0x00 ‖ seed ‖ i as 8 bytes big-endian), read as eight big-endian words.
 * For public randomness (initial weights, order of batches); not a source of secrets or of privacy noise.
 *
 * @param purpose - separates streams of one seed; must hold no NUL
 * @returns a function that gives the next word, an integer in [0, 2^32)
 */
export function randomWords(purpose: string, seed: Uint8Array): () => number {
  const prefix = Buffer.concat([Buffer.from(`${purpose}\0`, 'utf8'), seed]);
  const block = Buffer.concat([prefix, Buffer.alloc(8)]);
  let counter = 0n;
  let words: Buffer = Buffer.alloc(0);
  let offset = 0;
  return () => {
    if (offset === words.length) {
      block.writeBigUInt64BE(counter, prefix.length);
      counter += 1n;
      words = hash('sha256', block, 'buffer');
      offset = 0;
    }
    const word = words.readUInt32BE(offset);
    offset += 4;
    return word;
  };
}

/**
 * A whole number drawn uniformly from [0, bound), by rejection.
 * @param bound - 1 to 2^32
 */
export function uniformBelow(next: () => number, bound: number): number {
  const limit = 4294967296 - (4294967296 % bound);
  let word = next();
  while (word >= limit) word = next();
  return word % bound;
}
