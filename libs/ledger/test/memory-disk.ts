import type { AppendFile, LedgerFiles } from '../src/store/ledger-files.js';

/** What goes wrong at a call of the disk. */
export type Trouble = 'crash-before' | 'crash-after' | 'half-then-crash' | 'full' | 'sync-fails';

interface Stored {
  /** What a power cut leaves. */
  durable: Buffer;
  /** What a reader of the running machine sees. */
  cached: Buffer;
}

/** The process is gone: nothing that was asked of the disk comes back. */
export class Crashed extends Error {}

const errno = (code: string) => Object.assign(new Error(code), { code });

/** A disk in memory on which any call can fail, and from which a crash takes what was not synced. */
export class MemoryDisk implements LedgerFiles {
  private readonly stored = new Map<string, Stored>();
  private readonly locks = new Set<string>();
  /** Calls that change something, so far. */
  calls = 0;
  /** Asked before each of them. */
  trouble: (call: number, what: string) => Trouble | undefined = () => undefined;
  /** How much of an unsynced change a crash leaves, 0 to 1. */
  survives = 0;
  private epoch = 0;

  /** The process ends and the machine runs on: what was written can be read, whether or not it is on the disk. */
  exit(): void {
    this.epoch += 1;
    this.locks.clear();
  }

  /** The machine stops. */
  crash(): void {
    this.exit();
    for (const file of this.stored.values()) {
      const changed = firstDifference(file.durable, file.cached);
      const kept = changed + Math.floor((file.cached.length - changed) * this.survives);
      // Whole or in part: a prefix of what was appended; of a truncation nothing or all.
      file.durable =
        file.cached.length >= file.durable.length
          ? Buffer.from(file.cached.subarray(0, Math.max(kept, file.durable.length === changed ? changed : 0)))
          : file.durable;
      file.cached = Buffer.from(file.durable);
    }
  }

  content(path: string): Buffer {
    return Buffer.from(this.stored.get(path)?.cached ?? Buffer.alloc(0));
  }

  /** Puts back a copy, as an administrator does. */
  put(path: string, bytes: Uint8Array): void {
    this.stored.set(path, { durable: Buffer.from(bytes), cached: Buffer.from(bytes) });
  }

  remove(path: string): void {
    this.stored.delete(path);
  }

  paths(): readonly string[] {
    return [...this.stored.keys()];
  }

  snapshot(): ReadonlyMap<string, Buffer> {
    return new Map(this.paths().map((path) => [path, this.content(path)]));
  }

  restore(snapshot: ReadonlyMap<string, Buffer>): void {
    this.stored.clear();
    for (const [path, bytes] of snapshot) this.put(path, bytes);
  }

  read(path: string): Promise<Uint8Array | undefined> {
    const file = this.stored.get(path);
    return Promise.resolve(file && Buffer.from(file.cached));
  }

  async open(path: string): Promise<AppendFile> {
    await this.change('open', () => {
      if (!this.stored.has(path)) this.put(path, Buffer.alloc(0));
    });
    const mine = this.epoch;
    const file = () => {
      const stored = this.stored.get(path);
      if (mine !== this.epoch || stored === undefined) throw new Crashed('this process is gone');
      return stored;
    };
    return {
      write: async (bytes, position) => {
        const put = (part: Uint8Array) => {
          const stored = file();
          const grown = Buffer.alloc(Math.max(stored.cached.length, position + part.length));
          stored.cached.copy(grown);
          grown.set(part, position);
          stored.cached = grown;
        };
        const half = () => put(bytes.subarray(0, Math.floor(bytes.length / 2)));
        await this.change('write', () => put(bytes), half);
        return bytes.length;
      },
      sync: () => this.change('sync', () => void (file().durable = Buffer.from(file().cached))),
      truncate: (size) => this.change('truncate', () => void (file().cached = Buffer.from(file().cached.subarray(0, size)))),
      close: () => Promise.resolve(),
    };
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await this.change('replace', () => this.put(path, bytes));
  }

  lock(path: string): Promise<(() => Promise<void>) | undefined> {
    if (this.locks.has(path)) return Promise.resolve(undefined);
    this.locks.add(path);
    const mine = this.epoch;
    return Promise.resolve(() => {
      if (mine === this.epoch) this.locks.delete(path);
      return Promise.resolve();
    });
  }

  private change(what: string, all: () => void, half: () => void = () => undefined): Promise<void> {
    this.calls += 1;
    const trouble = this.trouble(this.calls, what);
    const start = () => {
      switch (trouble) {
        case undefined:
          return all();
        case 'crash-before':
          throw new Crashed('before');
        case 'crash-after':
          all();
          throw new Crashed('after');
        case 'half-then-crash':
          half();
          throw new Crashed('half');
        case 'full':
          if (what !== 'write') return all();
          half();
          throw errno('ENOSPC');
        case 'sync-fails':
          if (what !== 'sync') return all();
          throw errno('EIO');
      }
    };
    return new Promise((resolve) => {
      start();
      resolve();
    });
  }
}

function firstDifference(one: Buffer, other: Buffer): number {
  const shorter = Math.min(one.length, other.length);
  for (let at = 0; at < shorter; at += 1) if (one[at] !== other[at]) return at;
  return shorter;
}
