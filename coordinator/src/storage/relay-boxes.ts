import type { SiteName, StudyHash } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { Database, RelayBoxesTable } from './schema.js';

export type RelayBox = Selectable<RelayBoxesTable>;

/** Keeps a box for its recipient; a sender that sends again replaces its own. */
export async function putRelayBox(db: Database, box: RelayBox): Promise<void> {
  const { encapsulated_key, ciphertext, signature } = box;
  await db
    .insertInto('relay_boxes')
    .values(box)
    .onConflict((conflict) =>
      conflict.columns(['study', 'key_epoch', 'sender', 'recipient']).doUpdateSet({ encapsulated_key, ciphertext, signature }),
    )
    .execute();
}

/** The boxes of a key epoch for one site, by sender. */
export async function relayBoxesFor(db: Database, study: StudyHash, keyEpoch: number, recipient: SiteName): Promise<readonly RelayBox[]> {
  return db
    .selectFrom('relay_boxes')
    .selectAll()
    .where('study', '=', study)
    .where('key_epoch', '=', keyEpoch)
    .where('recipient', '=', recipient)
    .orderBy('sender')
    .execute();
}

/** How many boxes a sender has left in a key epoch. */
export async function relayBoxCount(db: Database, study: StudyHash, keyEpoch: number, sender: SiteName): Promise<number> {
  const row = await db
    .selectFrom('relay_boxes')
    .select((eb) => eb.fn.countAll<number>().as('boxes'))
    .where('study', '=', study)
    .where('key_epoch', '=', keyEpoch)
    .where('sender', '=', sender)
    .executeTakeFirstOrThrow();
  return row.boxes;
}

export async function deleteRelayBoxes(db: Database, study: StudyHash): Promise<void> {
  await db.deleteFrom('relay_boxes').where('study', '=', study).execute();
}
