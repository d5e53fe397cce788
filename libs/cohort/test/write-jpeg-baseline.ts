import { BitWriter, word } from './bit-writer.js';

/**
 * Writes a grey baseline JPEG of plain blocks, 8 × 8 pixels of one value each (ITU-T T.81): every quantiser is 1 and only DC
 * coefficients are not 0, so that any decoder gives the values back to the bit.
 * @param blocks - values of the blocks, row by row
 */
export function jpegBlocks(blocks: readonly number[], across: number): Buffer {
  const out = new BitWriter();
  let last = 0;
  for (const value of blocks) {
    const dc = (value - 128) * 8;
    const difference = dc - last;
    last = dc;
    const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
    out.put(size, 4);
    if (size > 0) out.put(difference > 0 ? difference : difference + 2 ** size - 1, size);
    // End of block, the only AC code.
    out.put(0, 1);
  }
  out.align();
  const sides = [...word((blocks.length / across) * 8), ...word(across * 8)];
  const counts = (length: number, count: number) => Array.from({ length: 16 }, (_, index) => (index + 1 === length ? count : 0));
  return Buffer.from([
    ...[0xff, 0xd8],
    ...[0xff, 0xdb, ...word(67), 0, ...Array.from({ length: 64 }, () => 1)],
    ...[0xff, 0xc0, ...word(11), 8, ...sides, 1, 1, 0x11, 0],
    ...[0xff, 0xc4, ...word(19 + 12), 0x00, ...counts(4, 12), ...Array.from({ length: 12 }, (_, code) => code)],
    ...[0xff, 0xc4, ...word(19 + 1), 0x10, ...counts(1, 1), 0],
    ...[0xff, 0xda, ...word(8), 1, 1, 0, 0, 63, 0],
    ...out.bytes,
    ...[0xff, 0xd9],
  ]);
}
