import { sql, type Kysely } from 'kysely';

/** The tables of version 0.1. A released migration is never changed; a change is a new one. */
export async function firstTables(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table consortium (
      id integer primary key check (id = 1), name text not null, roster_epoch integer not null, created_at timestamptz not null)`,
    sql`create table sites (
      name text primary key,
      state text not null check (state in ('invited', 'pending', 'admitted', 'revoked')),
      position integer unique,
      identity_key bytea, sealing_key bytea, csr bytea,
      agent_version text, engine text, cohorts jsonb not null default '[]',
      last_seen timestamptz, invited_at timestamptz not null, admitted_at timestamptz)`,
    sql`create table join_tokens (
      secret_hash text primary key, site text not null references sites (name),
      expires_at timestamptz not null, keys_hash text, created_at timestamptz not null)`,
    sql`create table certificates (
      serial text primary key, site text not null references sites (name),
      fingerprint text not null unique, not_after timestamptz not null, revoked_at timestamptz, der bytea not null)`,
    sql`create table studies (
      hash text primary key, name text not null, specification bytea not null, proposed_at timestamptz not null)`,
    sql`create index studies_by_name on studies (name, proposed_at)`,
    sql`create table study_events (
      study text not null references studies (hash), seq integer not null,
      at timestamptz not null, event jsonb not null, primary key (study, seq))`,
    sql`create table relay_boxes (
      study text not null references studies (hash), key_epoch integer not null, sender text not null, recipient text not null,
      encapsulated_key bytea not null, ciphertext bytea not null, signature bytea not null,
      primary key (study, key_epoch, sender, recipient))`,
    sql`create table uploads (
      study text not null references studies (hash), kind text not null, round integer not null, attempt integer not null,
      site text not null, length bigint not null, sha256 bytea not null, signature bytea not null,
      key_epoch integer not null, complete boolean not null default false, path text not null,
      primary key (study, kind, round, attempt, site))`,
  ];
  for (const statement of statements) await statement.execute(db);
}
