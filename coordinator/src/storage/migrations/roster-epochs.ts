import { sql, type Kysely } from 'kysely';

/**
 * Rosters as a chain of epochs with the members' countersignatures: the newest epoch is the last row, no longer a
 * column. And of each certificate when it was first used: only then is it sure that its site has it.
 */
export async function rosterEpochs(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`alter table consortium drop column roster_epoch`,
    sql`create table rosters (epoch integer primary key, roster bytea not null, created_at timestamptz not null)`,
    sql`create table countersignatures (
      epoch integer not null references rosters (epoch), site text not null references sites (name),
      signature bytea not null, at timestamptz not null, primary key (epoch, site))`,
    sql`alter table certificates add column used_at timestamptz`,
  ];
  for (const statement of statements) await statement.execute(db);
}
