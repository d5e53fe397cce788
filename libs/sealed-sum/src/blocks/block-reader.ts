import type { SealParameters } from '@consilium/protocol';
import { open, type FileHandle } from 'node:fs/promises';
import { BLOCK_BYTES, blockOffset, FILE_HEADER_BYTES, fileBytes, RESIDUE_BYTES, type BlockFileKind } from './block-file.js';
import { ciphertextRefused } from './ciphertext-refused.js';
import { headerFault } from './file-header.js';
import { firstWordOutOfRange } from './word-range.js';

const NAMES: Record<BlockFileKind, string> = { upload: 'The upload', fold: 'The fold' };

/** What a file must be. */
export interface ExpectedFile {
  readonly kind: BlockFileKind;
  readonly path: string;
  readonly parameters: SealParameters;
  readonly keyEpoch: number;
  /** How to speak of it where it is one of several. */
  readonly named?: { readonly what: string; readonly path: string };
}

/** Blocks read at once: about a MiB. */
const RUN = 16;

/**
 * Opens an untrusted file whose length and header are what they must be. The caller closes it.
 * @throws ConsiliumError CIPHERTEXT_REFUSED
 */
export async function openBlockFile(expected: ExpectedFile): Promise<FileHandle> {
  const { kind, path, parameters, keyEpoch } = expected;
  const refuse = refusalOf(expected);
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = fileBytes(kind, parameters.blocks);
    if (size !== bytes) throw refuse(`its length is ${size} bytes, not ${bytes}`);
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    await readWhole(file, header, 0, refuse);
    const fault = headerFault(header, kind, parameters, keyEpoch);
    if (fault !== undefined) throw refuse(fault);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The blocks of an untrusted file, in order, each checked: exact length and header first, then every word below q.
 * A block's bytes are valid until the next one is asked for.
 * @throws ConsiliumError CIPHERTEXT_REFUSED
 */
export async function* checkedBlocks(expected: ExpectedFile): AsyncGenerator<Buffer> {
  const { kind, parameters } = expected;
  const refuse = refusalOf(expected);
  const modulus = BigInt(parameters.coefficientModulus);
  const file = await openBlockFile(expected);
  try {
    const run = Buffer.alloc(Math.min(RUN, parameters.blocks) * BLOCK_BYTES[kind]);
    for (let first = 0; first < parameters.blocks; first += RUN) {
      const blocks = Math.min(RUN, parameters.blocks - first);
      await readWhole(file, run.subarray(0, blocks * BLOCK_BYTES[kind]), blockOffset(kind, first), refuse);
      for (let block = 0; block < blocks; block++) {
        const bytes = run.subarray(block * BLOCK_BYTES[kind], (block + 1) * BLOCK_BYTES[kind]);
        const word = firstWordOutOfRange(bytes.subarray(0, RESIDUE_BYTES[kind]), modulus);
        if (word >= 0) throw refuse(`word ${word} of block ${first + block} is not below q`);
        yield bytes;
      }
    }
  } finally {
    await file.close();
  }
}

function refusalOf({ kind, named }: ExpectedFile): (fault: string) => Error {
  return (fault) => ciphertextRefused(named?.what ?? NAMES[kind], fault, named?.path);
}

async function readWhole(file: FileHandle, into: Buffer, position: number, refuse: (fault: string) => Error): Promise<void> {
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await file.read(into, at, into.length - at, position + at);
    if (bytesRead === 0) throw refuse('it became shorter while it was read');
    at += bytesRead;
  }
}
