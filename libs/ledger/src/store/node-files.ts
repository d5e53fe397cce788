import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AppendFile, LedgerFiles } from './ledger-files.js';
import { takeWriterLock } from './writer-lock.js';

/** The files of this machine. */
export const NODE_FILES: LedgerFiles = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  },

  async open(path) {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      await syncDirectory(path);
    } catch (error) {
      await file.close();
      throw error;
    }
    return {
      write: async (bytes, position) => (await file.write(bytes, 0, bytes.length, position)).bytesWritten,
      sync: () => file.sync(),
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
    } satisfies AppendFile;
  },

  async replace(path, bytes) {
    const neighbour = `${path}.${randomBytes(6).toString('hex')}`;
    try {
      const file = await open(neighbour, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(neighbour, path);
    } catch (error) {
      await rm(neighbour, { force: true });
      throw error;
    }
    await syncDirectory(path);
  },

  lock: (path) => Promise.resolve(takeWriterLock(path)),
};

/** A name is durable only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
