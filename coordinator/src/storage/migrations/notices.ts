import { sql, type Kysely } from 'kysely';

/** What people are told: each event once, and for each of its addresses a delivery that is tried until it arrives. */
export async function notices(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table notices (
      id integer generated always as identity primary key, key text not null unique, kind text not null, link text not null,
      at timestamptz not null)`,
    sql`create table notice_recipients (kind text not null, address text not null, primary key (kind, address))`,
    sql`create table webhooks (
      id text primary key, url text not null, kinds jsonb not null, secret text not null, created_by text not null,
      created_at timestamptz not null)`,
    sql`create table notice_deliveries (
      id integer generated always as identity primary key, notice integer not null references notices (id),
      channel text not null check (channel in ('mail', 'webhook')), target text not null,
      attempts integer not null default 0, next_at timestamptz not null, done_at timestamptz, gave_up boolean not null default false,
      last_error text)`,
    sql`create index notice_deliveries_due on notice_deliveries (next_at) where done_at is null and not gave_up`,
  ];
  for (const statement of statements) await statement.execute(db);
}
