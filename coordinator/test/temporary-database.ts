import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type OpenDatabase } from '../src/storage/open-database.js';

/** For tests: a real PostgreSQL in a directory of its own, both gone after `close`. */
export async function temporaryDatabase(): Promise<OpenDatabase & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'consilium-db-'));
  const opened = await openDatabase({ directory });
  const close = async () => {
    await opened.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...opened, directory, close };
}
