import type { Selectable } from 'kysely';
import type { AccountRow } from './accounts.js';
import { toJsonb, type ApiTokensTable, type Database } from '../schema.js';

export type ApiTokenRow = Selectable<ApiTokensTable>;

export async function addApiToken(tx: Database, { scopes, ...token }: Omit<ApiTokenRow, 'used_at'>): Promise<void> {
  await tx
    .insertInto('api_tokens')
    .values({ ...token, scopes: toJsonb(scopes) })
    .execute();
}

/** A token and the account that it is of, in one look. */
export async function findApiToken(db: Database, hash: string): Promise<{ token: ApiTokenRow; account: AccountRow } | undefined> {
  const token = await db.selectFrom('api_tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
  if (token === undefined) return undefined;
  return { token, account: await db.selectFrom('accounts').selectAll().where('id', '=', token.account).executeTakeFirstOrThrow() };
}

/** Of one account, or of all; newest first, with whose they are. */
export async function listApiTokens(db: Database, account?: string): Promise<readonly (ApiTokenRow & { readonly owner: string })[]> {
  let query = db
    .selectFrom('api_tokens')
    .innerJoin('accounts', 'accounts.id', 'api_tokens.account')
    .selectAll('api_tokens')
    .select('accounts.email as owner')
    .orderBy('api_tokens.created_at', 'desc')
    .orderBy('api_tokens.id');
  if (account !== undefined) query = query.where('api_tokens.account', '=', account);
  return query.execute();
}

export async function apiTokenOfId(db: Database, id: string): Promise<ApiTokenRow | undefined> {
  return db.selectFrom('api_tokens').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function touchApiToken(db: Database, id: string, now: Date): Promise<void> {
  await db.updateTable('api_tokens').set({ used_at: now }).where('id', '=', id).execute();
}

export async function dropApiToken(tx: Database, id: string): Promise<void> {
  await tx.deleteFrom('api_tokens').where('id', '=', id).execute();
}

export async function dropApiTokensOf(tx: Database, account: string): Promise<void> {
  await tx.deleteFrom('api_tokens').where('account', '=', account).execute();
}
