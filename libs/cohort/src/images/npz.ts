import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { CohortRefused, refuse } from '../cohort-problem.js';
import { badArray, npyArray, type NpyArray } from './npy.js';

/** Bytes that the arrays of one file may take together once unpacked. */
export const NPZ_LIMIT = 2 ** 32;

/** Deflate cannot give more than 1,032 bytes for one (its format's own bound): what claims more is no real entry. */
const DEFLATE_MOST = 1032;

const damaged = () =>
  refuse({
    code: 'DATA_UNREADABLE',
    sentence: 'A file of the cohort is not an NPZ archive, or is damaged.',
    fix: 'Copy it again, or write it again with numpy.savez_compressed.',
  });

async function unpacked(zip: ZipFile, entry: Entry, named: string): Promise<NpyArray> {
  const { uncompressedSize, compressedSize } = entry;
  if (uncompressedSize > compressedSize * DEFLATE_MOST + 1024) throw damaged();
  const stream = await zip.openReadStreamPromise(entry);
  const bytes = Buffer.allocUnsafe(uncompressedSize);
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (length + chunk.length > bytes.length) throw damaged();
    chunk.copy(bytes, length);
    length += chunk.length;
  }
  if (length !== bytes.length) throw damaged();
  return npyArray(bytes, named);
}

/**
 * Reads named arrays of an NPZ archive (a zip file of NPY arrays, as numpy.savez and savez_compressed write it). Only
 * what is asked for is unpacked, and never more than the limit.
 * @param wanted - names of arrays, without `.npy`
 * @throws CohortRefused DATA_UNREADABLE for what is no archive, lacks an array, or is larger than the limit
 */
export async function readNpz(path: string, wanted: readonly string[], limit = NPZ_LIMIT): Promise<ReadonlyMap<string, NpyArray>> {
  const found = new Map<string, NpyArray>();
  let zip: ZipFile;
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
    if (code === undefined) throw damaged();
    throw refuse({
      code: 'DATA_UNREADABLE',
      sentence: `A file of the cohort cannot be read (${code}).`,
      fix: "Give the agent's user permission to read it.",
    });
  }
  try {
    let left = limit;
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName.replace(/\.npy$/, '');
      if (!wanted.includes(name)) continue;
      if (found.has(name)) throw damaged();
      left -= entry.uncompressedSize;
      if (left < 0) throw badArray(name, 'is larger than the limit of 4 GiB', 'Split the file into several.');
      found.set(name, await unpacked(zip, entry, name));
    }
  } catch (cause) {
    throw cause instanceof CohortRefused ? cause : damaged();
  } finally {
    zip.close();
  }
  const absent = wanted.find((name) => !found.has(name));
  if (absent !== undefined) throw badArray(absent, 'is missing', 'Correct source.parts in site.yaml.');
  return found;
}
