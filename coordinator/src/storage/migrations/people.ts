import { sql, type Kysely } from 'kysely';

/** Accounts and how they sign in. Of every secret only a hash is here; TOTP secrets are encrypted under a key of the state directory. */
export async function people(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table accounts (
      id text primary key, email text not null, name text not null, roles jsonb not null, sites jsonb not null,
      state text not null check (state in ('invited', 'active', 'closed')),
      password text, totp_secret bytea, totp_confirmed boolean not null default false, totp_step bigint not null default 0,
      provider_subject text unique, theme text, created_at timestamptz not null, last_sign_in timestamptz)`,
    // A closed account stays, for the record; its address is free for a new one.
    sql`create unique index accounts_by_email on accounts (email) where state <> 'closed'`,
    sql`create table recovery_codes (
      account text not null references accounts (id), hash text not null, primary key (account, hash))`,
    sql`create table one_time_links (
      hash text primary key, purpose text not null check (purpose in ('setup', 'welcome')),
      account text references accounts (id), expires_at timestamptz not null)`,
    sql`create table sessions (
      hash text primary key, account text not null references accounts (id), origin text not null,
      created_at timestamptz not null, seen_at timestamptz not null)`,
    sql`create table api_tokens (
      id text primary key, account text not null references accounts (id), name text not null, hash text not null unique,
      scopes jsonb not null, created_at timestamptz not null, expires_at timestamptz not null, used_at timestamptz)`,
    sql`create table sign_in_failures (
      key text primary key, failures integer not null, last_at timestamptz not null, locked_until timestamptz)`,
    sql`create table provider_flows (
      state_hash text primary key, browser_hash text not null, verifier text not null, nonce text not null,
      return_to text not null, expires_at timestamptz not null)`,
  ];
  for (const statement of statements) await statement.execute(db);
}
