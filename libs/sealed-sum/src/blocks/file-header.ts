import type { SealParameters } from '@consilium/protocol';
import { parametersHash } from '../parameters/parameters-hash.js';
import { FILE_HEADER_BYTES, type BlockFileKind } from './block-file.js';

const MAGIC: Record<BlockFileKind, string> = { upload: 'CNSLSUMU', fold: 'CNSLSUMF' };
const VERSION = 1;
const HASH_AT = 16;
const BLOCKS_AT = 48;
export const LAST_KEY_EPOCH = 2 ** 32 - 1;

/**
 * The 56 bytes before the blocks.
 * @param keyEpoch - 0 to 2^32 − 1
 * @throws RangeError for another epoch
 */
export function fileHeader(kind: BlockFileKind, parameters: SealParameters, keyEpoch: number): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.write(MAGIC[kind], 0, 'latin1');
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(keyEpoch, 12);
  header.write(parametersHash(parameters), HASH_AT, 'hex');
  header.writeBigUInt64LE(BigInt(parameters.blocks), BLOCKS_AT);
  return header;
}

/** What is wrong with a header, as the end of a sentence; nothing when it is the one expected. */
export function headerFault(found: Buffer, kind: BlockFileKind, parameters: SealParameters, keyEpoch: number): string | undefined {
  const expected = fileHeader(kind, parameters, keyEpoch);
  if (found.equals(expected)) return undefined;
  if (!found.subarray(0, 8).equals(expected.subarray(0, 8))) return `its header is not that of ${kind === 'fold' ? 'a fold' : 'an upload'}`;
  if (found.readUInt32LE(8) !== VERSION) return `its format version is ${found.readUInt32LE(8)}, not ${VERSION}`;
  if (found.readUInt32LE(12) !== keyEpoch) return `its key epoch is ${found.readUInt32LE(12)}, not ${keyEpoch}`;
  if (!found.subarray(HASH_AT, BLOCKS_AT).equals(expected.subarray(HASH_AT, BLOCKS_AT))) return 'it was made for other parameters';
  return `it announces ${found.readBigUInt64LE(BLOCKS_AT)} blocks, not ${parameters.blocks}`;
}
