import { sql, type Kysely } from 'kysely';

/** Boxes of shares for blocks of seats; contributions are known by their events and files alone. */
export async function shareBoxes(db: Kysely<unknown>): Promise<void> {
  await sql`create table share_boxes (
      study text not null references studies (hash), block integer not null, sender text not null, recipient text not null,
      encapsulated_key bytea not null, ciphertext bytea not null, signature bytea not null,
      primary key (study, block, sender, recipient))`.execute(db);
}
