import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { ConsiliumError } from '@consilium/protocol';
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { migrate } from './migrate.js';
import type { Database, Schema } from './schema.js';
import { holdAlone } from './sole-use.js';

export interface OpenDatabase {
  readonly db: Database;
  /** Ends the connections, and the server where it is our own. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A PostgreSQL of the operator's own; without it one is started under `directory`. */
  readonly databaseUrl?: string | undefined;
  /** The state directory, absolute. */
  readonly directory: string;
  /** Called when the sole use of the database can no longer be vouched for. */
  readonly onLost?: () => void;
}

/** 8-byte integers are lengths of files here: numbers, and an error beyond 2^53. */
function readInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('an integer beyond 2^53 in the database');
  return value;
}

const types = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? readInt8 : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/**
 * Opens the coordinator's database for this process alone, with its tables in this version's form.
 * @throws ConsiliumError DATABASE_UNREACHABLE, STATE_IN_USE, MIGRATION, and those of the embedded server
 */
export async function openDatabase({ databaseUrl, directory, onLost }: DatabaseOptions): Promise<OpenDatabase> {
  const own = databaseUrl === undefined ? await startEmbeddedPostgres(join(directory, 'postgres')) : undefined;
  const url = databaseUrl ?? own?.url ?? '';
  const lock = await holdAlone(url, onLost ?? (() => undefined)).catch((error: unknown) => {
    throw error instanceof ConsiliumError ? error : unreachable(error);
  });
  const pool = new pg.Pool({ connectionString: url, max: 12, connectionTimeoutMillis: 10_000, types });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    await db.destroy();
    await lock.release();
    await own?.stop();
  };
  try {
    await migrate(db);
  } catch (error) {
    await close();
    throw error;
  }
  return { db, close };
}

function unreachable(cause: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'DATABASE_UNREACHABLE',
    errorClass: 'unreachable',
    message: 'The database cannot be reached, or does not accept the account.',
    fix: 'Check DATABASE_URL and that PostgreSQL runs.',
    cause,
  });
}
