import { sql, type Kysely } from 'kysely';

/**
 * The audit log: each entry is the line that was hashed, and what is searched by is generated from that line, so that the
 * two cannot differ. The trigger stops mistakes and careless hands; that nothing was changed is what the chain shows.
 */
export async function auditLog(db: Kysely<unknown>): Promise<void> {
  const field = (name: string) => sql`${sql.ref(name)} text generated always as ((line::jsonb) ->> ${sql.lit(name)}) stored`;
  const statements = [
    sql`create table audit_log (
      seq bigint primary key, line text not null, hash text not null,
      ${field('at')}, ${field('actor')}, ${field('action')}, ${field('subject')})`,
    sql`create table audit_head (id integer primary key check (id = 1), seq bigint not null, hash text not null)`,
    sql`insert into audit_head (id, seq, hash) values (1, 0, ${'0'.repeat(64)})`,
    sql`create function audit_log_is_append_only() returns trigger language plpgsql as
      $$ begin raise exception 'the audit log is append-only'; end $$`,
    sql`create trigger audit_log_append_only before update or delete or truncate on audit_log
      for each statement execute function audit_log_is_append_only()`,
  ];
  for (const statement of statements) await statement.execute(db);
}
