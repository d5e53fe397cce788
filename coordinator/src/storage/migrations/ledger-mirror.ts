import { sql, type Kysely } from 'kysely';

/** The copy of the sites' budget ledgers: their lines as they are, and of each ledger the newest checkpoint. */
export async function ledgerMirror(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table ledger_line (
      site text not null references sites (name), population text not null, index integer not null check (index >= 0),
      line bytea not null, primary key (site, population, index))`,
    sql`create table ledger_note (
      site text not null references sites (name), population text not null, size integer not null, note text not null,
      at timestamptz not null, primary key (site, population))`,
  ];
  for (const statement of statements) await statement.execute(db);
}
