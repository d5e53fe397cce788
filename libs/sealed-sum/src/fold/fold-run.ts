// Runs in a worker thread, from source as well as built: see bfv/context.ts for the imports that end in .ts.
import { closeSync, openSync, readSync } from 'node:fs';
import type { Ciphertext, Evaluator } from 'node-seal';
import type { Bfv, Ring } from '../bfv/context.ts';
import { sealFrames, type Frames } from '../bfv/frames.ts';
import { BLOCK_BYTES, blockOffset, POLYNOMIAL_BYTES, RESIDUE_BYTES, WORD_BYTES } from '../blocks/block-file.ts';
import { firstWordOutOfRange } from '../blocks/word-range.ts';
import { MaskSum } from '../masks/mask-sum.ts';
import { stripFromCiphertext } from '../masks/strip-ciphertext.ts';
import type { FoldAnswer, FoldTask } from './fold-task.ts';

/** What the fold needs of SEAL: it has no key, and no way to use one. */
type AddingBfv = Pick<Bfv, 'context'> & { readonly seal: Pick<Bfv['seal'], 'Ciphertext' | 'Evaluator' | 'ComprModeType'> };

/**
 * Adds the same run of blocks of all uploads. Adding BFV ciphertexts is adding their coefficients modulo q, so the
 * result does not depend on the order and needs no key. Every word is checked before SEAL parses it; the rest of what
 * SEAL parses is our own frame and a seed, any 64 bytes of which are valid.
 */
export class RunFolder {
  readonly #bfv: AddingBfv;
  readonly #frames: Frames;
  readonly #modulus: bigint;
  readonly #evaluator: Evaluator;
  readonly #next: Ciphertext;
  /** One upload's block as SEAL reads it. */
  readonly #parcel: Uint8Array;

  constructor(bfv: Bfv, ring: Ring) {
    this.#bfv = bfv;
    this.#frames = sealFrames(bfv, ring.degree);
    this.#modulus = BigInt(ring.coefficientModulus);
    this.#evaluator = new bfv.seal.Evaluator(bfv.context);
    this.#next = new bfv.seal.Ciphertext();
    const { upload, seed } = this.#frames;
    this.#parcel = new Uint8Array(upload.length + BLOCK_BYTES.upload + seed.length);
    this.#parcel.set(upload);
    this.#parcel.set(seed, upload.length + POLYNOMIAL_BYTES);
  }

  /** @throws whatever SEAL or the file system throws; a bad upload is an answer */
  fold({ uploads, dropped, firstBlock, blocks }: FoldTask): FoldAnswer {
    const sums = Array.from({ length: blocks }, () => new this.#bfv.seal.Ciphertext());
    const run = new Uint8Array(blocks * BLOCK_BYTES.upload);
    try {
      for (const [upload, path] of uploads.entries()) {
        if (!readRun(path, blockOffset('upload', firstBlock), run))
          return { kind: 'refused', upload, fault: 'it became shorter after it was accepted' };
        for (const [block, sum] of sums.entries()) {
          const bytes = run.subarray(block * BLOCK_BYTES.upload, (block + 1) * BLOCK_BYTES.upload);
          const word = firstWordOutOfRange(bytes.subarray(0, RESIDUE_BYTES.upload), this.#modulus);
          if (word >= 0) return { kind: 'refused', upload, fault: `word ${word} of block ${firstBlock + block} is not below q` };
          this.#add(bytes, sum, upload === 0);
        }
      }
      const bytes = this.#save(sums);
      if (dropped.length > 0) strip(bytes, new MaskSum(dropped), firstBlock);
      return { kind: 'folded', bytes };
    } finally {
      for (const sum of sums) sum.delete();
    }
  }

  #add(block: Uint8Array, sum: Ciphertext, first: boolean): void {
    const { upload, seed } = this.#frames;
    this.#parcel.set(block.subarray(0, POLYNOMIAL_BYTES), upload.length);
    this.#parcel.set(block.subarray(POLYNOMIAL_BYTES), upload.length + POLYNOMIAL_BYTES + seed.length);
    const target = first ? sum : this.#next;
    target.loadFromArray(this.#bfv.context, this.#parcel);
    if (!first) this.#evaluator.addInplace(sum, this.#next);
  }

  #save(sums: readonly Ciphertext[]): Uint8Array<ArrayBuffer> {
    const { fold } = this.#frames;
    const bytes = new Uint8Array(sums.length * BLOCK_BYTES.fold);
    for (const [block, sum] of sums.entries()) {
      const saved = sum.saveToArray(this.#bfv.seal.ComprModeType.none) as Uint8Array;
      if (saved.length !== fold.length + BLOCK_BYTES.fold || Buffer.compare(saved.subarray(0, fold.length), fold) !== 0)
        throw new Error('SEAL wrote a sum of another form than this version knows');
      bytes.set(saved.subarray(fold.length), block * BLOCK_BYTES.fold);
    }
    return bytes;
  }
}

/** Once for the whole sum, whatever the number of uploads: the masks of all dropped sites add up first. */
function strip(bytes: Uint8Array<ArrayBuffer>, dropped: MaskSum, firstBlock: number): void {
  const masks = new BigUint64Array(POLYNOMIAL_BYTES / WORD_BYTES);
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES.fold) {
    masks.fill(0n);
    dropped.addTo(masks, firstBlock + at / BLOCK_BYTES.fold);
    stripFromCiphertext(new BigUint64Array(bytes.buffer, at, masks.length), masks);
  }
}

/** @returns whether the file was long enough */
function readRun(path: string, position: number, into: Uint8Array): boolean {
  const file = openSync(path, 'r');
  try {
    for (let at = 0; at < into.length;) {
      const read = readSync(file, into, at, into.length - at, position + at);
      if (read === 0) return false;
      at += read;
    }
    return true;
  } finally {
    closeSync(file);
  }
}
