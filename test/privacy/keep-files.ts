import { link, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

const LOOK_MS = 10;

/**
 * Holds every file that ever lies under some folders by a hard link of its own, so that what is deleted, or was never
 * meant to stay, can still be read afterwards.
 */
export class KeepFiles {
  readonly #seen = new Set<string>();
  #over = false;
  readonly #done: Promise<void>;

  /** @param keep - on the same file system as the folders */
  constructor(
    readonly folders: readonly string[],
    readonly keep: string,
  ) {
    this.#done = this.#look();
  }

  async #look(): Promise<void> {
    await mkdir(this.keep, { recursive: true });
    while (!this.#over) {
      await this.#lookOnce();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    await this.#lookOnce();
  }

  async #lookOnce(): Promise<void> {
    for (const folder of this.folders) {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      for (const entry of entries) if (entry.isFile()) await this.#hold(join(entry.parentPath, entry.name));
    }
  }

  /** A file may be gone before it is held: then there is nothing to hold. */
  async #hold(path: string): Promise<void> {
    try {
      const key = `${(await stat(path)).ino} ${path}`;
      if (this.#seen.has(key)) return;
      await link(path, join(this.keep, `${this.#seen.size}-${basename(path)}`));
      this.#seen.add(key);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }

  /** Ends the looking. @returns file names and contents, in the order in which they were seen */
  async stop(): Promise<ReadonlyMap<string, Buffer>> {
    this.#over = true;
    await this.#done;
    const names = (await readdir(this.keep)).sort((one, other) => parseInt(one, 10) - parseInt(other, 10));
    return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(this.keep, name))] as const)));
  }
}
