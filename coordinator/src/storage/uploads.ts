import type { SiteName, StudyHash } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { Database, UploadsTable } from './schema.js';

export type Upload = Selectable<UploadsTable>;

/** Which upload: one per study, kind, round, attempt and site. */
export interface UploadKey {
  readonly study: StudyHash;
  readonly kind: string;
  readonly round: number;
  readonly attempt: number;
  readonly site: SiteName;
}

/** Registers an upload before its first byte. One that is there already is left as it is and handed back. */
export async function beginUpload(db: Database, upload: Omit<Upload, 'complete'>): Promise<Upload> {
  await db
    .insertInto('uploads')
    .values({ ...upload, complete: false })
    .onConflict((conflict) => conflict.columns(['study', 'kind', 'round', 'attempt', 'site']).doNothing())
    .execute();
  return oneUpload(db, upload).executeTakeFirstOrThrow();
}

export async function findUpload(db: Database, key: UploadKey): Promise<Upload | undefined> {
  return oneUpload(db, key).executeTakeFirst();
}

/** The upload is whole and verified: from now on it counts. */
export async function completeUpload(db: Database, key: UploadKey): Promise<void> {
  await db
    .updateTable('uploads')
    .set({ complete: true })
    .where((eb) => eb.and(keyOf(key)))
    .execute();
}

/** Forgets one upload, such as one whose bytes were not those announced. */
export async function deleteUpload(db: Database, key: UploadKey): Promise<void> {
  await db
    .deleteFrom('uploads')
    .where((eb) => eb.and(keyOf(key)))
    .execute();
}

/** All uploads of a study, or those that `part` names. */
export async function listUploads(db: Database, study: StudyHash, part: Partial<UploadKey> = {}): Promise<readonly Upload[]> {
  return db
    .selectFrom('uploads')
    .selectAll()
    .where((eb) => eb.and({ ...part, study }))
    .orderBy('round')
    .orderBy('attempt')
    .orderBy('site')
    .execute();
}

function oneUpload(db: Database, key: UploadKey) {
  return db
    .selectFrom('uploads')
    .selectAll()
    .where((eb) => eb.and(keyOf(key)));
}

/** The key alone, whatever else an object of it carries. */
function keyOf({ study, kind, round, attempt, site }: UploadKey): UploadKey {
  return { study, kind, round, attempt, site };
}
