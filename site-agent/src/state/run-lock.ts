import { DatabaseSync } from 'node:sqlite';
import { ConsiliumError } from '@consilium/protocol';
import { makePrivateFile } from './private-files.js';

/** Longer than the blink for which {@link isAgentRunning} holds it. */
const PATIENCE_MS = 500;

/**
 * Takes the lock that only one running agent may hold. It is SQLite's own lock on a file of its own, which the
 * operating system drops when the process ends however it ends: no stale lock file after a kill.
 * @returns what releases it
 * @throws ConsiliumError STATE_IN_USE
 */
export function takeRunLock(path: string): () => void {
  makePrivateFile(path);
  const lock = new DatabaseSync(path, { timeout: PATIENCE_MS });
  try {
    // In WAL mode an exclusive transaction would still let readers in; the default journal does not.
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new ConsiliumError({
      code: 'STATE_IN_USE',
      errorClass: 'failed',
      message: 'Another consilium-site agent runs on this state directory.',
      fix: 'Stop it first, or give this one a state directory of its own.',
      cause,
    });
  }
  return () => {
    lock.exec('ROLLBACK');
    lock.close();
  };
}

/** Whether an agent runs on this state directory now. */
export function isAgentRunning(path: string): boolean {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    lock.exec('ROLLBACK');
    return false;
  } catch {
    return true;
  } finally {
    lock.close();
  }
}
