import type { SiteName } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { Database, JoinTokensTable } from './schema.js';

export type JoinTokenRow = Selectable<JoinTokensTable>;

/** Only the hash of the secret is kept. */
export async function addJoinToken(
  db: Database,
  token: { readonly secretHash: string; readonly site: SiteName; readonly expiresAt: Date },
  now: Date,
): Promise<void> {
  await db
    .insertInto('join_tokens')
    .values({ secret_hash: token.secretHash, site: token.site, expires_at: token.expiresAt, created_at: now })
    .execute();
}

/** All tokens of a site stop working: a new invitation replaces them. */
export async function dropTokens(db: Database, site: SiteName): Promise<void> {
  await db.deleteFrom('join_tokens').where('site', '=', site).execute();
}

export async function findJoinToken(db: Database, secretHash: string): Promise<JoinTokenRow | undefined> {
  return db.selectFrom('join_tokens').selectAll().where('secret_hash', '=', secretHash).executeTakeFirst();
}

/** Binds a token to the first keys it is used with. @returns false where other keys were first */
export async function bindJoinToken(db: Database, secretHash: string, keysHash: string): Promise<boolean> {
  await db
    .updateTable('join_tokens')
    .set({ keys_hash: keysHash })
    .where('secret_hash', '=', secretHash)
    .where('keys_hash', 'is', null)
    .execute();
  return (await findJoinToken(db, secretHash))?.keys_hash === keysHash;
}
