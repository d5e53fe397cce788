import type { Json, SiteName } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { ReportsTable } from './compliance-tables.js';
import { toJsonb, type Database } from './schema.js';

export type ReportRow = Selectable<ReportsTable>;

export async function addReport(db: Database, row: Omit<ReportRow, 'content'> & { readonly content: Json }): Promise<void> {
  await db
    .insertInto('reports')
    .values({ ...row, content: toJsonb(row.content) })
    .execute();
}

export async function findReport(db: Database, id: string): Promise<ReportRow | undefined> {
  return db.selectFrom('reports').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Newest first, without their content. */
export async function listReports(
  db: Database,
  limit: number,
): Promise<readonly (Omit<ReportRow, 'content' | 'pdf'> & { readonly site: SiteName })[]> {
  return db
    .selectFrom('reports')
    .select(['id', 'kind', 'site', 'from_day', 'to_day', 'created_by', 'created_at'])
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute();
}
