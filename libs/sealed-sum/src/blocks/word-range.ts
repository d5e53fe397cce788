/**
 * Index of the first little-endian 64-bit word that is not below `modulus`, or −1.
 * Compares halves of 32 bits: a BigInt per word would cost fifty times as much.
 * @param bytes - length a multiple of 8, at any alignment
 */
export function firstWordOutOfRange(bytes: Uint8Array, modulus: bigint): number {
  const high = Number(modulus >> 32n);
  const low = Number(modulus & 0xffff_ffffn);
  // A typed view needs alignment to 4, which a slice of a network buffer need not have.
  const halves =
    bytes.byteOffset % 4 === 0
      ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
      : new Uint32Array(bytes.slice().buffer, 0, bytes.length / 4);
  for (let at = 1; at < halves.length; at += 2) {
    const wordHigh = halves[at] ?? 0;
    if (wordHigh >= high && (wordHigh > high || (halves[at - 1] ?? 0) >= low)) return (at - 1) / 2;
  }
  return -1;
}
