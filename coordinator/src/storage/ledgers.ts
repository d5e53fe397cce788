import type { PopulationName, SiteName } from '@consilium/protocol';
import { sql, type Selectable } from 'kysely';
import type { Database, LedgerNoteTable } from './schema.js';

export type LedgerNote = Selectable<LedgerNoteTable>;

/** Whose ledger, of which patients. */
export interface LedgerKey {
  readonly site: SiteName;
  readonly population: PopulationName;
}

/** PostgreSQL takes at most 65,535 parameters in one statement. */
const LINES_AT_ONCE = 5_000;

/** Adds lines after those that are there; within the caller's transaction. @param from - number of the first */
export async function addLedgerLines(
  db: Database,
  { site, population }: LedgerKey,
  from: number,
  lines: readonly Uint8Array[],
): Promise<void> {
  for (let first = 0; first < lines.length; first += LINES_AT_ONCE) {
    const rows = lines
      .slice(first, first + LINES_AT_ONCE)
      .map((line, place) => ({ site, population, index: from + first + place, line: Buffer.from(line) }));
    await db.insertInto('ledger_line').values(rows).execute();
  }
}

/** The lines from `from` on, in order. */
export async function ledgerLines(db: Database, { site, population }: LedgerKey, from: number, limit: number): Promise<readonly Buffer[]> {
  const rows = await db
    .selectFrom('ledger_line')
    .select('line')
    .where('site', '=', site)
    .where('population', '=', population)
    .where('index', '>=', from)
    .orderBy('index')
    .limit(limit)
    .execute();
  return rows.map(({ line }) => line);
}

/** Replaces the ledger's checkpoint. */
export async function putLedgerNote(db: Database, row: LedgerNote): Promise<void> {
  const { size, note, at } = row;
  await db
    .insertInto('ledger_note')
    .values(row)
    .onConflict((conflict) => conflict.columns(['site', 'population']).doUpdateSet({ size, note, at }))
    .execute();
}

export async function ledgerNote(db: Database, { site, population }: LedgerKey): Promise<LedgerNote | undefined> {
  return db.selectFrom('ledger_note').selectAll().where('site', '=', site).where('population', '=', population).executeTakeFirst();
}

/** Every ledger that there is a copy of, by site and population. */
export async function ledgerNotes(db: Database): Promise<readonly LedgerNote[]> {
  return db.selectFrom('ledger_note').selectAll().orderBy('site').orderBy('population').execute();
}

/** How much there is of each ledger. */
export async function ledgerSizes(db: Database): Promise<readonly (LedgerKey & { readonly entries: number; readonly bytes: number })[]> {
  return db
    .selectFrom('ledger_line')
    .select(['site', 'population', sql<number>`count(*)`.as('entries'), sql<number>`sum(octet_length(line))::bigint`.as('bytes')])
    .groupBy(['site', 'population'])
    .orderBy('site')
    .orderBy('population')
    .execute();
}
