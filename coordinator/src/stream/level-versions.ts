import { createHash } from 'node:crypto';
import type { Reach } from '../access/index.js';
import type { Level } from './topics.js';

/** What makes up a level, as a value that JSON can hold. */
export type LevelReaders = Readonly<Record<Level, (reach: Reach) => Promise<unknown>>>;

/** How each level stands, looked at once for all clients that may see the same. */
export class LevelVersions {
  readonly #known = new Map<string, { readonly until: number; readonly version: Promise<string> }>();

  /** @param forMs - how old an answer may be */
  constructor(
    private readonly readers: LevelReaders,
    private readonly forMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  of(level: Level, reach: Reach): Promise<string> {
    const key = `${level} ${reach === 'all' ? '' : [...reach].toSorted().join(' ')}`;
    const now = this.now();
    for (const [name, { until }] of this.#known) if (until <= now) this.#known.delete(name);
    const known = this.#known.get(key);
    if (known) return known.version;
    const version = this.readers[level](reach).then((value) =>
      createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16),
    );
    this.#known.set(key, { until: now + this.forMs, version });
    // One that failed is asked anew.
    version.catch(() => this.#known.delete(key));
    return version;
  }
}
