import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes the lock that only one writer may hold. It is SQLite's lock on an empty file of its own, which the operating
 * system drops when the process ends, however it ends: unlike a file with a process number in it there is nothing
 * stale to take over, and it also holds between containers, where process numbers say nothing. (Node itself has no
 * file locks.)
 * @param path - of the lock file, made where there is none; its bytes are never used
 * @returns what releases it, or undefined where another has it
 */
export function takeWriterLock(path: string): (() => Promise<void>) | undefined {
  closeSync(openSync(path, 'a', 0o600));
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    return undefined;
  }
  return () => {
    lock.exec('ROLLBACK');
    lock.close();
    return Promise.resolve();
  };
}
