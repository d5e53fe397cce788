import { hash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pixelBytes } from './pixel-digest.js';

/** Changes whenever decoding or preparing would give other numbers: older entries are then not found. */
const CACHE_VERSION = 1;

const MAGIC = Buffer.from('CNSLIMG1');
const DIGEST = 32;
/** Kinds of prepared images that are kept for one source: studies with other sizes or constants. */
const KEPT_KINDS = 4;

/** What is known of a cached image; plain data. */
export type CachedFacts = Readonly<Record<string, string | number | boolean | null>>;

export interface CachedImage {
  readonly facts: CachedFacts;
  /** @returns the numbers; undefined where they are not what was written */
  readonly pixels: () => Promise<Float32Array<ArrayBuffer> | undefined>;
}

const digestOf = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');

/**
 * Images of one source in a folder of the site's state, one file each. An entry is found by the file it was made from (path,
 * size, inode, times) and by what was made of it; it carries digests of its own, so that a torn or changed one is no entry.
 * Files come into being by renaming: a crash leaves nothing half-written under a name that is read. Losing the folder
 * costs time and nothing else.
 */
export class ImageCache {
  readonly #folder: string;
  readonly #used = new Map<string, Set<string>>();
  #writable = true;

  /** @param folder - for this source alone, 0700 */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The cache of a source below a folder for all of them. */
  static of(folder: string, source: string): ImageCache {
    return new ImageCache(join(folder, hash('sha256', `${CACHE_VERSION}\n${source}`).slice(0, 32)));
  }

  #path(kind: string, key: string): string {
    const used = this.#used.get(kind) ?? new Set();
    const name = hash('sha256', key);
    this.#used.set(kind, used.add(name));
    return join(this.#folder, kind, name);
  }

  async get(kind: string, key: string): Promise<CachedImage | undefined> {
    const path = this.#path(kind, key);
    const head = await this.#head(path);
    if (!head) return undefined;
    const { facts, offset, payload, digest } = head;
    return {
      facts,
      pixels: async () => {
        const bytes = await readRange(path, offset, payload);
        if (bytes?.length !== payload || !digestOf(bytes).equals(digest)) return undefined;
        return new Float32Array(bytes.buffer, bytes.byteOffset, payload / 4);
      },
    };
  }

  async #head(path: string): Promise<{ facts: CachedFacts; offset: number; payload: number; digest: Buffer } | undefined> {
    const start = await readRange(path, 0, MAGIC.length + 4);
    if (start?.length !== MAGIC.length + 4 || !start.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    const length = start.readUInt32LE(MAGIC.length);
    const rest = length > 65_536 ? undefined : await readRange(path, start.length, length + 2 * DIGEST + 8);
    if (rest?.length !== length + 2 * DIGEST + 8) return undefined;
    const body = rest.subarray(0, length + DIGEST + 8);
    if (!digestOf(body).equals(rest.subarray(body.length))) return undefined;
    const payload = Number(body.readBigUInt64LE(length));
    return {
      facts: JSON.parse(body.toString('utf8', 0, length)) as CachedFacts,
      offset: start.length + rest.length,
      payload,
      digest: body.subarray(length + 8),
    };
  }

  /** Keeps an image; where the disk is full or may not be written, nothing is kept and nothing is said. */
  async put(kind: string, key: string, facts: CachedFacts, pixels: Float32Array): Promise<void> {
    if (!this.#writable) return;
    const path = this.#path(kind, key);
    const payload = pixelBytes(pixels);
    const text = Buffer.from(JSON.stringify(facts));
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(text.length);
    sizes.writeBigUInt64LE(BigInt(payload.length), 4);
    const body = Buffer.concat([text, sizes.subarray(4), digestOf(payload)]);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(join(this.#folder, kind), { recursive: true, mode: 0o700 });
      await writeFile(temporary, [MAGIC, sizes.subarray(0, 4), body, digestOf(body), payload], { mode: 0o600 });
      await rename(temporary, path);
    } catch {
      this.#writable = false;
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /**
   * Once all files of the source were seen: removes entries of files that are gone or changed, and the kinds that were
   * not used for longest.
   */
  async tidy(): Promise<void> {
    try {
      for (const [kind, used] of this.#used) {
        const folder = join(this.#folder, kind);
        for (const name of await readdir(folder)) if (!used.has(name)) await rm(join(folder, name), { force: true });
        await utimes(folder, new Date(), new Date());
      }
      const kinds = await Promise.all(
        (await readdir(this.#folder)).map(async (name) => ({ name, at: (await stat(join(this.#folder, name))).mtimeMs })),
      );
      for (const { name } of kinds.sort((a, b) => b.at - a.at).slice(KEPT_KINDS + 1))
        await rm(join(this.#folder, name), { recursive: true, force: true });
    } catch {
      // What was not tidied now is tidied by the next reader; a source without one entry has no folder.
    }
  }
}

/** @returns up to `length` bytes; undefined where there is no such file */
async function readRange(path: string, start: number, length: number): Promise<Buffer<ArrayBuffer> | undefined> {
  let file;
  try {
    file = await open(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - start)));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    return bytes.subarray(0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
