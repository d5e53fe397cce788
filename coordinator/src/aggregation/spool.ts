import { createHash, type Hash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConsiliumError, type SiteName, type StudyHash } from '@consilium/protocol';

/** Which object of a study a file holds. */
export type SpoolObject =
  | { readonly kind: 'contribution'; readonly study: StudyHash; readonly round: number; readonly attempt: number; readonly site: SiteName }
  /** Shares of dropped sites' round keys that a holder has released. */
  | { readonly kind: 'shares'; readonly study: StudyHash; readonly round: number; readonly attempt: number; readonly site: SiteName }
  | { readonly kind: 'fold'; readonly study: StudyHash; readonly round: number; readonly attempt: number }
  | { readonly kind: 'bundle'; readonly study: StudyHash };

/** Space that is never filled, so that a full spool stops uploads and not the coordinator. */
const RESERVE_BYTES = 64 * 2 ** 20;

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const LONGEST_STEP = 2 ** 20;

/**
 * Reads `path` from `start` to where it has `size` bytes. A stream asks for room for a whole step before each reading, also
 * for the last, which finds nothing: a small file would cost megabytes.
 */
export function readInSteps(path: string, start: number, size: number): ReadStream | readonly never[] {
  if (start >= size) return [];
  return createReadStream(path, { start, end: size - 1, highWaterMark: Math.min(LONGEST_STEP, size - start) });
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Ciphertexts and sums on disk. A file that is still growing ends in `.part`; what has its final name is whole,
 * synced, and does not change.
 */
export class Spool {
  constructor(private readonly root: string) {}

  pathOf(object: SpoolObject): string {
    const study = join(this.root, object.study);
    if (object.kind === 'bundle') return join(study, 'bundle.json');
    const attempt = join(study, `${object.round}-${object.attempt}`);
    if (object.kind === 'fold') return join(attempt, 'sum.fold');
    return join(attempt, `${object.site}.${object.kind === 'shares' ? 'shares' : 'upload'}`);
  }

  /** Bytes of the whole object; nothing where it is not whole. */
  wholeSize(object: SpoolObject): Promise<number | undefined> {
    return sizeOf(this.pathOf(object));
  }

  /** Bytes that an unfinished upload has on disk for good. */
  async partSize(object: SpoolObject): Promise<number> {
    return (await sizeOf(`${this.pathOf(object)}.part`)) ?? 0;
  }

  /**
   * Goes on writing at `offset`, which is where the file ends.
   * @throws ConsiliumError DISK_FULL before anything is written when `expected` further bytes do not fit
   */
  async append(object: SpoolObject, offset: number, expected: number): Promise<PartWriter> {
    const path = `${this.pathOf(object)}.part`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const free = await statfs(dirname(path));
    if (free.bavail * free.bsize < expected + RESERVE_BYTES)
      throw new ConsiliumError({
        code: 'DISK_FULL',
        errorClass: 'failed',
        message: 'The coordinator has not enough disk space for this upload.',
        fix: "The coordinator's admin frees space; the upload is then repeated by itself.",
      });
    const handle = await open(path, offset === 0 ? 'w' : 'r+', 0o600);
    if (offset > 0) await handle.truncate(offset);
    return new PartWriter(handle, offset);
  }

  async discardPart(object: SpoolObject): Promise<void> {
    await rm(`${this.pathOf(object)}.part`, { force: true });
  }

  /** Deletes a whole object that is not counted. */
  async discard(object: SpoolObject): Promise<void> {
    await rm(this.pathOf(object), { force: true });
  }

  /** Gives a finished part its final name. */
  async keep(object: SpoolObject): Promise<void> {
    const path = this.pathOf(object);
    await rename(`${path}.part`, path);
    await syncDirectory(dirname(path));
  }

  /** Writes a small object at once; durable when it returns. Writing it again changes nothing. */
  async write(object: SpoolObject, bytes: Uint8Array): Promise<void> {
    const part = await this.append(object, 0, bytes.length);
    try {
      await part.write(bytes);
    } finally {
      await part.close();
    }
    await this.keep(object);
  }

  /** A small object; nothing where there is none. */
  async read(object: SpoolObject): Promise<Buffer | undefined> {
    return readFile(this.pathOf(object)).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  /** SHA-256 of an unfinished upload of `length` bytes, read in steps of at most 1 MiB. */
  async partDigest(object: SpoolObject, length: number): Promise<Buffer> {
    const hash: Hash = createHash('sha256');
    for await (const chunk of readInSteps(`${this.pathOf(object)}.part`, 0, length)) hash.update(chunk as Buffer);
    return hash.digest();
  }

  /** Deletes the contributions of an attempt and the shares that were released in it; its fold stays. */
  async deleteContributions(study: StudyHash, round: number, attempt: number): Promise<void> {
    const directory = join(this.root, study, `${round}-${attempt}`);
    const names = await readdir(directory).catch(() => [] as string[]);
    await Promise.all(
      names.filter((name) => /\.(upload|shares)(\.part)?$/.test(name)).map((name) => rm(join(directory, name), { force: true })),
    );
  }

  /** Deletes all of an attempt. */
  async deleteAttempt(study: StudyHash, round: number, attempt: number): Promise<void> {
    await rm(join(this.root, study, `${round}-${attempt}`), { recursive: true, force: true });
  }

  /** Deletes all rounds of a study; a released bundle stays. */
  async deleteRounds(study: StudyHash): Promise<void> {
    const directory = join(this.root, study);
    const names = await readdir(directory).catch(() => [] as string[]);
    await Promise.all(
      names.filter((name) => /^\d+-\d+$/.test(name)).map((name) => rm(join(directory, name), { recursive: true, force: true })),
    );
  }

  /** Bytes that a round may still put here, beside what is never filled. */
  async room(): Promise<number> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const free = await statfs(this.root);
    return Math.max(0, free.bavail * free.bsize - RESERVE_BYTES);
  }

  /** Bytes that are stored, and bytes that are free. */
  async usage(): Promise<{ readonly used: number; readonly free: number }> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const free = await statfs(this.root);
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => sizeOf(join(entry.parentPath, entry.name))));
    return { used: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0), free: free.bavail * free.bsize };
  }
}

/** Writes an upload in order; what `close` has synced is the offset that is acknowledged. */
export class PartWriter {
  #before: Promise<void> = Promise.resolve();

  constructor(
    private readonly handle: FileHandle,
    private position: number,
  ) {}

  /** Bytes written or about to be. */
  get size(): number {
    return this.position;
  }

  /** Resolves when all chunks before this one are written: taking the next and writing this one overlap. */
  async write(chunk: Uint8Array): Promise<void> {
    const before = this.#before;
    const at = this.position;
    this.position += chunk.length;
    this.#before = before.then(() => this.#writeAt(chunk, at));
    // Seen by the next write, or by `close`.
    this.#before.catch(() => undefined);
    await before;
  }

  async close(): Promise<void> {
    try {
      await this.#before;
      await this.handle.sync();
    } finally {
      await this.handle.close();
    }
  }

  async #writeAt(chunk: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await this.handle.write(chunk, done, chunk.length - done, at + done);
      done += bytesWritten;
    }
  }
}
