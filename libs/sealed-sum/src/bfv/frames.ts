import { POLYNOMIAL_BYTES, SEED_BYTES } from '../blocks/block-file.ts';
import type { Bfv } from './context.ts';

/** What SEAL 4.1 writes before and after the numbers of an object: the same for every object of one ring. */
export interface Frames {
  /** Before the words of a ciphertext with two polynomials. */
  readonly fold: Uint8Array;
  /** Before the words of a ciphertext whose second polynomial is a seed. */
  readonly upload: Uint8Array;
  /** Between these words and the seed. */
  readonly seed: Uint8Array;
  /** Before the words of a plaintext with all coefficients. */
  readonly plaintext: Uint8Array;
}

/** Where SEAL's own header of 16 bytes holds the length of the object. */
const LENGTH_AT = 8;
const SEAL_HEADER_BYTES = 16;
/** The array of words: its own SEAL header and the number of words, in 64 bits. */
const ARRAY_HEADER_BYTES = SEAL_HEADER_BYTES + 8;
/** One byte for the generator (Blake2xb is 1) before the seed. */
const SEED_HEADER_BYTES = SEAL_HEADER_BYTES + 1;
const BLAKE2XB = 1;

/**
 * The frames of a ring, taken from an empty ciphertext and an empty plaintext: needs no key. The seeded form is the
 * same with other lengths and a seed at the end (SEAL 4.1, Ciphertext::save_members, UniformRandomGeneratorInfo).
 */
export function sealFrames({ seal, context }: Bfv, degree: number): Frames {
  const id = context.firstParmsId();
  const empty = new seal.Ciphertext(context, id, 2);
  const plain = new seal.Plaintext(degree, degree);
  try {
    empty.resize(2);
    const fold = frameOf(empty.saveToArray(seal.ComprModeType.none) as Uint8Array, 2 * POLYNOMIAL_BYTES);
    const plaintext = frameOf(plain.saveToArray(seal.ComprModeType.none) as Uint8Array, POLYNOMIAL_BYTES);
    const seed = new Uint8Array(SEED_HEADER_BYTES);
    seed.set(fold.subarray(0, LENGTH_AT));
    seed[SEAL_HEADER_BYTES] = BLAKE2XB;
    writeLength(seed, LENGTH_AT, SEED_HEADER_BYTES + SEED_BYTES);
    const upload = fold.slice();
    const array = upload.length - ARRAY_HEADER_BYTES;
    writeLength(upload, LENGTH_AT, upload.length + POLYNOMIAL_BYTES + SEED_HEADER_BYTES + SEED_BYTES);
    writeLength(upload, array + LENGTH_AT, ARRAY_HEADER_BYTES + POLYNOMIAL_BYTES);
    writeLength(upload, array + SEAL_HEADER_BYTES, degree);
    return { fold, upload, seed, plaintext };
  } finally {
    for (const object of [id, empty, plain]) object.delete();
  }
}

function frameOf(saved: Uint8Array, words: number): Uint8Array {
  return saved.slice(0, saved.length - words);
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, BigInt(length), true);
}
