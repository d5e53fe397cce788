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

/** Blocks that lie one after the other in a file. */
export interface BlockRun {
  readonly firstBlock: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * An untrusted file in runs of up to 16 blocks, in order, once its length and header are what they must be. The words
 * are not checked yet. Every run has its own buffer.
 * @throws ConsiliumError CIPHERTEXT_REFUSED
 */
export async function* blockRuns(expected: ExpectedFile): AsyncGenerator<BlockRun> {
  const { kind, parameters } = expected;
  const file = await openBlockFile(expected);
  try {
    for (let firstBlock = 0; firstBlock < parameters.blocks; firstBlock += RUN) {
      const bytes = new Uint8Array(Math.min(RUN, parameters.blocks - firstBlock) * BLOCK_BYTES[kind]);
      await readWhole(file, bytes, blockOffset(kind, firstBlock), refusalOf(expected));
      yield { firstBlock, bytes };
    }
  } finally {
    await file.close();
  }
}

/**
 * Reads an untrusted file to its end: exact length and header first, then every word below q.
 * @throws ConsiliumError CIPHERTEXT_REFUSED
 */
export async function requireWordsInRange(expected: ExpectedFile): Promise<void> {
  const { kind, parameters } = expected;
  const modulus = BigInt(parameters.coefficientModulus);
  for await (const { firstBlock, bytes } of blockRuns(expected))
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES[kind]) {
      const word = firstWordOutOfRange(bytes.subarray(at, at + RESIDUE_BYTES[kind]), modulus);
      if (word >= 0) throw refusalOf(expected)(`word ${word} of block ${firstBlock + at / BLOCK_BYTES[kind]} is not below q`);
    }
}

function refusalOf({ kind, named }: ExpectedFile): (fault: string) => Error {
  return (fault) => ciphertextRefused(named?.what ?? NAMES[kind], fault, named?.path);
}

async function readWhole(file: FileHandle, into: Uint8Array, position: number, refuse: (fault: string) => Error): Promise<void> {
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await file.read(into, at, into.length - at, position + at);
    if (bytesRead === 0) throw refuse('it became shorter while it was read');
    at += bytesRead;
  }
}
