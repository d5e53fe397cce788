import { open, stat } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { IMAGE_LIMITS } from './decoded-image.js';
import { ImageRefused } from './image-refused.js';

/** Which file, in which state: any write, replacement or change of permissions makes it another text. */
function identity(path: string, { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return JSON.stringify([path, dev, ino, size, mtimeNs, ctimeNs].map(String));
}

/**
 * A change within one tick of a file system's clock keeps the times: a file that changed just now is read, and not taken
 * for known (as Git treats its index). Some file systems tick every two seconds.
 */
const SETTLED_MS = 3_000;

export interface FileState {
  /** See {@link identity}; undefined where the file changed too lately to be known again by it. */
  readonly known: string | undefined;
  readonly size: number;
}

const stateOf = (path: string, stats: BigIntStats, now: number): FileState => ({
  known: now - Number(stats.ctimeMs) > SETTLED_MS && now - Number(stats.mtimeMs) > SETTLED_MS ? identity(path, stats) : undefined,
  size: Number(stats.size),
});

/** @throws ImageRefused unreadable */
export async function fileState(path: string, now: number): Promise<FileState> {
  try {
    return stateOf(path, await stat(path, { bigint: true }), now);
  } catch {
    throw new ImageRefused('unreadable');
  }
}

/**
 * Reads a whole file, opened for reading only.
 * @throws ImageRefused unreadable, too-large, changing where it was written to meanwhile
 */
export async function wholeFile(path: string, now: number): Promise<{ readonly bytes: Buffer; readonly state: FileState }> {
  let file;
  try {
    file = await open(path, 'r');
  } catch {
    throw new ImageRefused('unreadable');
  }
  try {
    const before = await file.stat({ bigint: true });
    if (before.size > BigInt(IMAGE_LIMITS.fileBytes)) throw new ImageRefused('too-large');
    const bytes = await file.readFile();
    const after = await file.stat({ bigint: true });
    if (identity(path, before) !== identity(path, after) || BigInt(bytes.length) !== after.size) throw new ImageRefused('changing');
    return { bytes, state: stateOf(path, after, now) };
  } catch (cause) {
    throw cause instanceof ImageRefused ? cause : new ImageRefused('unreadable');
  } finally {
    await file.close();
  }
}
