import type { SealParameters } from '@consilium/protocol';

const HALF = 2 ** 32;

/** Two balanced lanes as one coefficient: (lo + 2^L·hi) mod p (PROTOCOL.md section 3). Exact while |hi|·2^L < 2^52. */
export function packSlot(low: number, high: number, { laneBits, plainModulus }: SealParameters): number {
  const value = low + high * 2 ** laneBits;
  return value < 0 ? value + plainModulus : value;
}

/** The low lane of a coefficient in [0, p): the representative in [−W/2, W/2) of its centred value. */
export function lowLane(slot: number, parameters: SealParameters): number {
  const half = 2 ** (parameters.laneBits - 1);
  // The bitwise "and" works on the value modulo 2^32 in two's complement, so it is the floored remainder by W.
  return ((centred(slot, parameters.plainModulus) + half) & (2 * half - 1)) - half;
}

/** The high lane of a coefficient whose low lane is known. */
export function highLane(slot: number, low: number, { laneBits, plainModulus }: SealParameters): number {
  return (centred(slot, plainModulus) - low) / 2 ** laneBits;
}

function centred(slot: number, plainModulus: number): number {
  return slot > plainModulus / 2 ? slot - plainModulus : slot;
}

/** Writes a whole number in [0, 2^53) as a little-endian 64-bit word; `words` holds the two halves of each word. */
export function writeWord(words: Uint32Array, index: number, value: number): void {
  words[2 * index] = value % HALF;
  words[2 * index + 1] = value / HALF;
}

/** Reads a little-endian 64-bit word below 2^53. */
export function readWord(words: Uint32Array, index: number): number {
  return (words[2 * index] ?? 0) + (words[2 * index + 1] ?? 0) * HALF;
}
