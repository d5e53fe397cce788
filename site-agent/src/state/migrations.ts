import type { DatabaseSync } from 'node:sqlite';
import { ConsiliumError } from '@consilium/protocol';
import { LEDGER_DECISION_TABLES, LEDGER_TABLES } from '../ledger/tables.js';
import { MASK_GRAPH_COLUMNS, RESERVE_COLUMNS, SEAT_TABLES } from '../rounds/seats/tables.js';
import { WITNESS_TABLES } from '../rounds/witnesses/tables.js';
import { ABORT_TABLES, ROUND_TABLES } from '../rounds/tables.js';
import { ROSTER_TABLES } from './roster-tables.js';
import { DECISION_TABLES } from './decision-tables.js';
import { BASE_TABLES } from './tables.js';

interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** In order; a released one never changes. */
const MIGRATIONS: readonly Migration[] = [
  { name: '0001-base', statements: BASE_TABLES },
  { name: '0002-rounds', statements: ROUND_TABLES },
  { name: '0003-seats', statements: SEAT_TABLES },
  { name: '0004-rosters', statements: ROSTER_TABLES },
  { name: '0005-witnesses', statements: WITNESS_TABLES },
  { name: '0006-mask-graph', statements: MASK_GRAPH_COLUMNS },
  { name: '0007-decisions', statements: DECISION_TABLES },
  { name: '0008-ledger', statements: LEDGER_TABLES },
  { name: '0009-ledger-decisions', statements: LEDGER_DECISION_TABLES },
  { name: '0010-reserves', statements: RESERVE_COLUMNS },
  { name: '0011-aborts', statements: ABORT_TABLES },
];

/**
 * Brings a database to this version's tables, all in one transaction.
 * @throws ConsiliumError STATE_TOO_NEW where a newer agent has written it
 */
export function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec('CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT');
    const applied = new Set(
      database
        .prepare('SELECT name FROM migration')
        .all()
        .map(({ name }) => String(name)),
    );
    const known = new Set(MIGRATIONS.map(({ name }) => name));
    if ([...applied].some((name) => !known.has(name)))
      throw new ConsiliumError({
        code: 'STATE_TOO_NEW',
        errorClass: 'usage',
        message: 'The state directory was written by a newer version of consilium-site.',
        fix: 'Install that version again, or a later one.',
      });
    for (const { name, statements } of MIGRATIONS) {
      if (applied.has(name)) continue;
      for (const statement of statements) database.exec(statement);
      database.prepare('INSERT INTO migration (name, applied_at) VALUES (?, ?)').run(name, new Date().toISOString());
    }
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
