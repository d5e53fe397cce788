import { readFileSync } from 'node:fs';
import type { MaskTerm } from '@consilium/sealed-sum';
import { bfvContext } from '../../libs/sealed-sum/src/bfv/context.js';
import { RING } from '../../libs/sealed-sum/src/bfv/ring.js';
import { BLOCK_BYTES, FILE_HEADER_BYTES } from '../../libs/sealed-sum/src/blocks/block-file.js';
import { unpackSlots } from '../../libs/sealed-sum/src/lanes/slots.js';
import { MaskSum } from '../../libs/sealed-sum/src/masks/mask-sum.js';
import { BlockOpener } from '../../libs/sealed-sum/src/site/block-opener.js';

/**
 * The coefficients of a fold, decrypted below every check of the product: no digest, no check value, no range.
 * @param fold - a whole file; a fold of one upload is that upload
 * @param masks - added to the coefficients
 * @returns all coefficients of all blocks, in [0, p)
 */
export async function bareSlots(fold: string | Buffer, bfvKey: Uint8Array, masks: readonly MaskTerm[] = []): Promise<BigUint64Array> {
  const bytes = typeof fold === 'string' ? readFileSync(fold) : fold;
  const opener = new BlockOpener(await bfvContext(RING), bfvKey);
  const sum = new MaskSum(masks);
  const blocks = (bytes.length - FILE_HEADER_BYTES) / BLOCK_BYTES.fold;
  const slots = new BigUint64Array(blocks * RING.degree);
  try {
    for (let block = 0; block < blocks; block++) {
      const from = FILE_HEADER_BYTES + block * BLOCK_BYTES.fold;
      opener.open(bytes.subarray(from, from + BLOCK_BYTES.fold));
      sum.addTo(opener.coefficients, block);
      slots.set(opener.coefficients, block * RING.degree);
    }
  } finally {
    opener.delete();
  }
  return slots;
}

/** The lanes that coefficients carry, the check values and what fills the last block included. */
export function bareLanes(slots: BigUint64Array): Int32Array {
  const lanes = new Int32Array(2 * slots.length);
  unpackSlots(new Uint32Array(slots.buffer, slots.byteOffset, 2 * slots.length), lanes, { laneBits: 23, plainModulus: RING.plainModulus });
  return lanes;
}
