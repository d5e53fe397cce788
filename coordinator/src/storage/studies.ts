import type { StudyHash } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { Database, StudiesTable } from './schema.js';

export type StudyRow = Selectable<StudiesTable>;

/** @returns false where this very study was there already */
export async function addStudy(
  db: Database,
  study: { readonly hash: StudyHash; readonly name: string; readonly specification: Buffer },
  now: Date,
): Promise<boolean> {
  const inserted = await db
    .insertInto('studies')
    .values({ ...study, proposed_at: now })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}

export async function findStudy(db: Database, hash: StudyHash): Promise<StudyRow | undefined> {
  return db.selectFrom('studies').selectAll().where('hash', '=', hash).executeTakeFirst();
}

/** Newest first. */
export async function listStudies(db: Database): Promise<readonly StudyRow[]> {
  return db.selectFrom('studies').selectAll().orderBy('proposed_at', 'desc').orderBy('hash').execute();
}

/**
 * What a person may mean by `id`, newest first: the study of that hash, those whose hash begins so (4 digits or
 * more), or those of that name.
 */
export async function matchStudies(db: Database, id: string): Promise<readonly StudyRow[]> {
  const prefix = /^[0-9a-f]{4,64}$/.test(id) ? `${id}%` : undefined;
  return db
    .selectFrom('studies')
    .selectAll()
    .where((eb) => eb.or([eb('name', '=', id), ...(prefix === undefined ? [] : [eb('hash', 'like', prefix as StudyHash)])]))
    .orderBy('proposed_at', 'desc')
    .orderBy('hash')
    .execute();
}
