import { createHash } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file as it stands on disk. */
export interface WrittenFile {
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/**
 * Writes `pieces` to `path` so that the name only ever stands for the whole file: a temporary name beside it, fsync,
 * rename, fsync of the folder. One writer at a time for a path. On any error the temporary file is removed and an earlier file at `path` stays.
 */
export async function writeDurably(path: string, pieces: AsyncIterable<Uint8Array>): Promise<WrittenFile> {
  const partial = `${path}.partial`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const file = await open(partial, 'w', 0o600);
    try {
      for await (const piece of pieces) {
        hash.update(piece);
        await writeWhole(file, piece);
        bytes += piece.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function writeWhole(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length;) at += (await file.write(piece, at, piece.length - at)).bytesWritten;
}

/** The new name itself must survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
