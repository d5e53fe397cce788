import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';

/**
 * Writes a file that was not there before.
 * @throws ConsiliumError FILE_EXISTS, FILE_WRITE
 */
export async function writeNewFile(path: string, text: string, mode: number): Promise<void> {
  await explain(path, async () => {
    const handle = await open(path, 'wx', mode);
    try {
      // Whatever the umask: it can only have taken rights away, but a secret must not depend on that.
      await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/** Writes a file whole or not at all, over an older one. @throws ConsiliumError FILE_WRITE */
export async function replaceFile(path: string, text: string | Uint8Array): Promise<void> {
  await explain(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
    try {
      const handle = await open(temporary, 'wx', 0o644);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

async function explain(path: string, write: () => Promise<void>): Promise<void> {
  await write().catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new ConsiliumError({
      code: code === 'EEXIST' ? 'FILE_EXISTS' : 'FILE_WRITE',
      errorClass: code === 'EEXIST' ? 'usage' : 'failed',
      message: code === 'EEXIST' ? `${path} exists already.` : `${path} cannot be written (${code}).`,
      fix: code === 'EEXIST' ? 'Choose another name, or remove the file.' : 'Check the directory and its free space.',
      cause,
    });
  });
}
