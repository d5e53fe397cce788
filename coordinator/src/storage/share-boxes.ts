import type { SiteName, StudyHash } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { Database, ShareBoxesTable } from './schema.js';

export type ShareBox = Selectable<ShareBoxesTable>;

/** Keeps boxes of shares for their recipients, all or none; the first one that a sender leaves is the one that counts. */
export async function putShareBoxes(db: Database, boxes: readonly ShareBox[]): Promise<void> {
  if (boxes.length === 0) return;
  await db
    .insertInto('share_boxes')
    .values(boxes)
    .onConflict((conflict) => conflict.columns(['study', 'block', 'sender', 'recipient']).doNothing())
    .execute();
}

/** The boxes of a block for one site, by sender. */
export async function shareBoxesFor(db: Database, study: StudyHash, block: number, recipient: SiteName): Promise<readonly ShareBox[]> {
  return db
    .selectFrom('share_boxes')
    .selectAll()
    .where('study', '=', study)
    .where('block', '=', block)
    .where('recipient', '=', recipient)
    .orderBy('sender')
    .execute();
}

/** Deletes the boxes of all blocks before `block`. */
export async function deleteShareBoxes(db: Database, study: StudyHash, block: number): Promise<void> {
  await db.deleteFrom('share_boxes').where('study', '=', study).where('block', '<', block).execute();
}
