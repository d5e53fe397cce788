import type { Database } from './schema.js';

/** A link of the chain as it is stored. */
export interface AuditRow {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Canonical JSON of the entry, exactly as it was hashed. */
  readonly line: string;
  readonly hash: string;
}

export interface AuditFilter {
  /** RFC 3339, inclusive. */
  readonly from?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly to?: string | undefined;
  readonly actor?: string | undefined;
  /** The action, or the first words of it. */
  readonly action?: string | undefined;
  /** Any part of an entry's text. */
  readonly q?: string | undefined;
}

/** The end of the chain, held until the transaction ends: nobody else appends meanwhile. */
export async function holdAuditHead(tx: Database): Promise<{ readonly seq: number; readonly hash: string }> {
  return tx.selectFrom('audit_head').select(['seq', 'hash']).forUpdate().executeTakeFirstOrThrow();
}

export async function auditHead(db: Database): Promise<{ readonly seq: number; readonly hash: string }> {
  return db.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirstOrThrow();
}

/** Appends rows, at least one, that follow the head which the transaction holds. */
export async function appendAuditRows(tx: Database, rows: readonly AuditRow[], last: AuditRow): Promise<void> {
  await tx
    .insertInto('audit_log')
    .values([...rows])
    .execute();
  await tx.updateTable('audit_head').set({ seq: last.seq, hash: last.hash }).execute();
}

/** Rows after `after` that a filter lets through, oldest first. Without a filter: the chain as it is. */
export async function auditRowsAfter(db: Database, filter: AuditFilter, after: number, limit: number): Promise<readonly AuditRow[]> {
  return filtered(db, filter).where('seq', '>', after).orderBy('seq').limit(limit).execute();
}

/** Rows that a filter lets through, newest first, before `before` where it is given. */
export async function findAuditRows(db: Database, filter: AuditFilter, limit: number, before?: number): Promise<readonly AuditRow[]> {
  const rows = filtered(db, filter).orderBy('seq', 'desc').limit(limit);
  return (before === undefined ? rows : rows.where('seq', '<', before)).execute();
}

function filtered(db: Database, { from, to, actor, action, q }: AuditFilter) {
  let query = db.selectFrom('audit_log').select(['seq', 'line', 'hash']);
  if (from !== undefined) query = query.where('at', '>=', from);
  if (to !== undefined) query = query.where('at', '<', to);
  if (actor !== undefined) query = query.where('actor', '=', actor);
  if (action !== undefined) query = query.where('action', 'like', `${escapeLike(action)}%`);
  if (q !== undefined) query = query.where('line', 'ilike', `%${escapeLike(q)}%`);
  return query;
}

const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');
