import { sql, type Kysely } from 'kysely';

/** Reports as they were made: never changed, so that a copy can be compared later. */
export async function reports(db: Kysely<unknown>): Promise<void> {
  await sql`create table reports (
    id text primary key, kind text not null, site text not null, from_day text not null, to_day text not null,
    created_by text not null, created_at timestamptz not null, content jsonb not null, pdf bytea not null)`.execute(db);
}
