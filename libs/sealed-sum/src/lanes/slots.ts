import type { SealParameters } from '@consilium/protocol';

type LaneShape = Pick<SealParameters, 'laneBits' | 'plainModulus'>;
const HALF = 2 ** 32;

/**
 * Balanced lanes as coefficients (PROTOCOL.md section 3): slot k is (lanes[2k] + 2^L·lanes[2k + 1]) mod p. Exact while
 * a high lane times 2^L stays below 2^52.
 * @param words - two halves for each little-endian 64-bit word; the first `lanes.length / 2` words are written
 */
export function packSlots(lanes: Int32Array, words: Uint32Array, { laneBits, plainModulus }: LaneShape): void {
  const width = 2 ** laneBits;
  for (let at = 0; at < lanes.length; at += 2) {
    const value = (lanes[at] ?? 0) + (lanes[at + 1] ?? 0) * width;
    writeWord(words, at / 2, value < 0 ? value + plainModulus : value);
  }
}

/**
 * Coefficients back to lanes: v = centred(slot), lo = ((v + W/2) mod W) − W/2, hi = (v − lo)/W.
 * @param lanes - `lanes.length / 2` slots are read into it
 */
export function unpackSlots(words: Uint32Array, lanes: Int32Array, { laneBits, plainModulus }: LaneShape): void {
  const width = 2 ** laneBits;
  const half = width / 2;
  const largest = (plainModulus - 1) / 2;
  for (let at = 0; at < lanes.length; at += 2) {
    const slot = readWord(words, at / 2);
    const value = slot > largest ? slot - plainModulus : slot;
    // The bitwise "and" works on the value modulo 2^32 in two's complement, so it is the floored remainder by W.
    const low = ((value + half) & (width - 1)) - half;
    lanes[at] = low;
    lanes[at + 1] = (value - low) / width;
  }
}

/** Writes a whole number in [0, 2^53) as a little-endian 64-bit word. */
export function writeWord(words: Uint32Array, index: number, value: number): void {
  const high = Math.floor(value / HALF);
  words[2 * index] = value - high * HALF;
  words[2 * index + 1] = high;
}

/** Reads a little-endian 64-bit word below 2^53. */
export function readWord(words: Uint32Array, index: number): number {
  return (words[2 * index] ?? 0) + (words[2 * index + 1] ?? 0) * HALF;
}
