import { createHash } from 'node:crypto';
import type { Reach } from '../access/index.js';
import { Remembered } from './remembered.js';
import type { Level } from './topics.js';

/** What makes up a level, as a value that JSON can hold. */
export type LevelReaders = Readonly<Record<Level, (reach: Reach) => Promise<unknown>>>;

/** How each level stands, looked at once for all clients that may see the same. */
export class LevelVersions {
  readonly #versions: Remembered<string>;

  /** @param forMs - how old an answer may be */
  constructor(
    private readonly readers: LevelReaders,
    forMs: number,
  ) {
    this.#versions = new Remembered(forMs);
  }

  of(level: Level, reach: Reach): Promise<string> {
    return this.#versions.get(`${level} ${reach === 'all' ? '*' : [...reach].toSorted().join(' ')}`, async () =>
      createHash('sha256')
        .update(JSON.stringify(await this.readers[level](reach)))
        .digest('base64url')
        .slice(0, 16),
    );
  }
}
