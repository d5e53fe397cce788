import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { secretProblem, type PathFacts } from './secret-mode.js';

/** The largest secret that is read, in bytes. */
const LARGEST = 65_536;

export interface SecretFileOptions {
  /** Admit mode 0640 in a directory of mode 0750, and owner root: for orchestrators that mount secrets so. Default false. */
  readonly allowGroupRead?: boolean;
}

/**
 * Writes a secret so that it is whole or not there: mode 0600 whatever the umask, fsynced, then renamed into place.
 * Makes the directory (0700) where there is none.
 * @throws ConsiliumError KEY_FILE_MODE when the directory is one that others can read; KEY_FILE_WRITE when the disk
 *   does not take it (a file that was there before is then unchanged)
 */
export async function writeSecretFile(path: string, bytes: Uint8Array, options: SecretFileOptions = {}): Promise<void> {
  const directory = dirname(resolve(path));
  await explainWrites(path, () => makeSecretDirectory(directory));
  await refuseOpenDirectory(directory, options);
  await explainWrites(path, async () => {
    const temporary = join(directory, `.${basename(path)}.${randomBytes(6).toString('hex')}`);
    try {
      await createSecretFile(temporary, bytes);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(directory);
  });
}

/**
 * Reads a secret, unless somebody else could (field case OPS-2). Changes nothing, so that read-only mounts will do.
 * @throws ConsiliumError KEY_FILE_MODE for a wider mode of file or directory, a foreign owner, a symbolic link, or
 *   no right to read; KEY_FILE_MISSING; KEY_FILE_INVALID for more than 64 KiB
 */
export async function readSecretFile(path: string, options: SecretFileOptions = {}): Promise<Buffer> {
  const file = resolve(path);
  await refuseOpenDirectory(dirname(file), options);
  const found = await lstat(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  refuse(fileFacts(file, found), options);
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    // Once more on what was opened: between the two looks the path may have been given to another file.
    const opened = await handle.stat();
    refuse(fileFacts(file, opened), options);
    if (opened.size > LARGEST)
      throw new ConsiliumError({
        code: 'KEY_FILE_INVALID',
        errorClass: 'usage',
        message: `${file} is too long for a key file.`,
        fix: 'Restore the key file from a backup, or make new keys.',
      });
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Makes a directory of mode 0700, and those above it, where there is none; one that exists keeps its mode. */
async function makeSecretDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  await chmod(directory, 0o700);
  await syncDirectory(dirname(first));
}

/** A new file of mode 0600 whatever the umask, on disk when this returns. */
export async function createSecretFile(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rename or a new file is durable only when its directory is. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Turns what the file system says into a sentence with the path. */
export async function explainWrites<T>(path: string, write: () => Promise<T>): Promise<T> {
  return write().catch((error: unknown) => {
    if (error instanceof ConsiliumError) throw error;
    throw new ConsiliumError({
      code: 'KEY_FILE_WRITE',
      errorClass: 'failed',
      message: `${path} cannot be written (${codeOf(error)}).`,
      fix: 'Check that the directory is writable for this user and that the disk has space, then try again.',
      cause: error,
    });
  });
}

async function refuseOpenDirectory(directory: string, options: SecretFileOptions): Promise<void> {
  const found = await stat(directory).catch((error: unknown) => {
    throw unreadable(directory, error);
  });
  refuse({ path: directory, kind: found.isDirectory() ? 'directory' : 'other', mode: found.mode & 0o7777, uid: found.uid }, options);
}

function refuse(facts: PathFacts, options: SecretFileOptions): void {
  const problem = secretProblem(facts, { uid: process.geteuid?.(), allowGroupRead: options.allowGroupRead ?? false });
  if (problem !== undefined) throw problem;
}

function fileFacts(path: string, stats: Stats): PathFacts {
  const kind = stats.isFile() ? 'file' : stats.isSymbolicLink() ? 'symlink' : 'other';
  return { path, kind, mode: stats.mode & 0o7777, uid: stats.uid };
}

function unreadable(path: string, cause: unknown): ConsiliumError {
  const missing = codeOf(cause) === 'ENOENT';
  return new ConsiliumError({
    code: missing ? 'KEY_FILE_MISSING' : 'KEY_FILE_MODE',
    errorClass: missing ? 'usage' : 'forbidden',
    message: missing
      ? `${path} does not exist.`
      : `${path} cannot be read by this user (${codeOf(cause)}); mode 0600 and this user as owner are needed.`,
    fix: missing
      ? 'Restore the file from a backup, or make new keys.'
      : `Run as root: chown ${process.geteuid?.() ?? 'USER'} ${path} && chmod 600 ${path}`,
    cause,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}
