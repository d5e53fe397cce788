/**
 * The file of a contribution or a fold: a header of fixed length, then blocks of fixed length, one per ciphertext.
 * What SEAL writes around the numbers is the same for every ciphertext of one ring, so it stays out of the file
 * (`bfv/frames.ts` puts it back): every length is known before a byte is read, and every word can be checked for its
 * range before SEAL sees it. All words are little-endian.
 */
export type BlockFileKind = 'upload' | 'fold';

const COEFFICIENTS = 4096;
export const WORD_BYTES = 8;
/** One polynomial modulo q. */
export const POLYNOMIAL_BYTES = COEFFICIENTS * WORD_BYTES;
/** Seed from which an upload's second polynomial is expanded (Blake2xb). */
export const SEED_BYTES = 64;
/** Magic 8, version 4, key epoch 4, hash of the parameters 32, blocks 8. */
export const FILE_HEADER_BYTES = 56;

/** An upload's block is its first polynomial and a seed, a fold's both polynomials. */
export const BLOCK_BYTES: Record<BlockFileKind, number> = {
  upload: POLYNOMIAL_BYTES + SEED_BYTES,
  fold: 2 * POLYNOMIAL_BYTES,
};

/** Bytes of a block that are words modulo q. */
export const RESIDUE_BYTES: Record<BlockFileKind, number> = { upload: POLYNOMIAL_BYTES, fold: 2 * POLYNOMIAL_BYTES };

/** Exact length of a file of `blocks` blocks, header included. */
export function fileBytes(kind: BlockFileKind, blocks: number): number {
  return FILE_HEADER_BYTES + blocks * BLOCK_BYTES[kind];
}

/** Where block `block` begins. */
export function blockOffset(kind: BlockFileKind, block: number): number {
  return FILE_HEADER_BYTES + block * BLOCK_BYTES[kind];
}
