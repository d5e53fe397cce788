import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StatementKeeper } from './statement-keeper.js';
import { ConsiliumError, type StudyHash } from '@consilium/protocol';
import { stateLayout, studyPath, type StateLayout } from './layout.js';
import { migrate } from './migrations.js';
import { checkPrivate, makePrivateDirectory, makePrivateFile, type ModeRules } from './private-files.js';
import { takeRunLock } from './run-lock.js';

/** How long a command waits for another process's write, in milliseconds. */
const BUSY_MS = 10_000;

/** An open state directory. What is committed through `database` survives a power cut (WAL, synchronous FULL). */
export interface SiteState {
  readonly layout: StateLayout;
  readonly database: DatabaseSync;
  /** Runs `change` in one transaction; its writes are durable when this returns, or none of them happened. */
  transaction<T>(change: () => T): T;
  /**
   * The same without the wait for the disk: a power cut takes its writes back, unless a {@link transaction} that wrote
   * something has returned since. For what must not be lost before the next step, or may be lost.
   */
  note<T>(change: () => T): T;
  /** The directory of one study, made (0700) when it is first asked for. */
  studyDirectory(study: StudyHash): string;
  /**
   * Takes what was deleted out of the write-ahead log as well; in the database itself it is overwritten at once. Where
   * another process reads just then, the next call does it.
   */
  eraseDeleted(): void;
  close(): void;
}

export interface OpenOptions extends Partial<ModeRules> {
  /** Takes the lock of a running agent; commands open the state beside it without. */
  readonly exclusive?: boolean;
}

/** Makes an empty state directory, every mode as it must be whatever the umask. Doing it twice is doing it once. */
export function createState(directory: string, rules: Partial<ModeRules> = {}): void {
  const layout = stateLayout(directory);
  for (const path of [layout.directory, layout.keys, layout.studies]) makePrivateDirectory(path);
  for (const path of [layout.database, layout.egress, layout.lock]) makePrivateFile(path);
  openState(directory, rules).close();
}

/**
 * Opens the state directory that `init` made.
 * @throws ConsiliumError STATE_MISSING, FILE_MODE, STATE_IN_USE (with `exclusive`), STATE_TOO_NEW
 */
export function openState(directory: string, options: OpenOptions = {}): SiteState {
  const layout = stateLayout(directory);
  if (!existsSync(layout.database))
    throw new ConsiliumError({
      code: 'STATE_MISSING',
      errorClass: 'usage',
      message: `There is no site state in ${directory}.`,
      fix: 'Run: consilium-site init',
    });
  const rules = { allowGroupRead: options.allowGroupRead ?? false };
  checkPrivate(layout.directory, 'directory', rules);
  checkPrivate(layout.keys, 'directory', rules);
  checkPrivate(layout.database, 'file', rules);
  const release = options.exclusive === true ? takeRunLock(layout.lock) : () => undefined;
  try {
    const database = openDatabase(layout.database);
    return {
      layout,
      database,
      transaction: (change) => transaction(database, change),
      note: (change) => note(database, change),
      studyDirectory: (study) => {
        const path = studyPath(layout, study);
        makePrivateDirectory(path);
        return path;
      },
      eraseDeleted: () => eraseDeleted(database),
      close: () => {
        database.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function openDatabase(path: string): DatabaseSync {
  // SQLite gives its -wal and -shm files the mode of the database itself.
  const database = new StatementKeeper(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
  try {
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA secure_delete = ON');
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function eraseDeleted(database: DatabaseSync): void {
  database.exec('PRAGMA busy_timeout = 0');
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  }
}

/** In WAL mode a commit that syncs, syncs all that was committed before it too. */
function note<T>(database: DatabaseSync, change: () => T): T {
  if (database.isTransaction) return change();
  database.exec('PRAGMA synchronous = NORMAL');
  try {
    return transaction(database, change);
  } finally {
    database.exec('PRAGMA synchronous = FULL');
  }
}

function transaction<T>(database: DatabaseSync, change: () => T): T {
  if (database.isTransaction) return change();
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = change();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
