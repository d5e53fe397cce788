import { sql, type Kysely } from 'kysely';

/** What officers of the consortium ask the sites: to tighten a budget, kept until the site has answered; or to loosen one. */
export async function tightenings(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table tightenings (
      site text not null references sites (name), population text not null, request integer not null check (request > 0),
      epsilon_limit text, asked_by text not null, asked_at timestamptz not null,
      outcome text check (outcome in ('entered', 'refused')), refused text, answered_at timestamptz,
      moves integer not null default 0, primary key (site, population, request))`,
    sql`create index tightenings_waiting on tightenings (site, population, request) where outcome is null`,
    sql`create table loosening_requests (
      id integer generated always as identity primary key, site text not null references sites (name), population text not null,
      epsilon_limit text not null, reason text not null, asked_by text not null, asked_at timestamptz not null)`,
  ];
  for (const statement of statements) await statement.execute(db);
}
