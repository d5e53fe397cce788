import type { AccountRow } from './accounts.js';
import type { Database, SessionsTable } from '../schema.js';

export type SessionRow = SessionsTable;

export async function addSession(tx: Database, session: SessionRow): Promise<void> {
  await tx.insertInto('sessions').values(session).execute();
}

/** A session and the account that it is of, in one look. */
export async function findSession(db: Database, hash: string): Promise<{ session: SessionRow; account: AccountRow } | undefined> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.id', 'sessions.account')
    .selectAll('accounts')
    .select(['sessions.origin', 'sessions.created_at as began_at', 'sessions.seen_at'])
    .where('sessions.hash', '=', hash)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { origin, began_at, seen_at, ...account } = row;
  return { session: { hash, account: account.id, origin, created_at: began_at, seen_at }, account };
}

export async function touchSession(db: Database, hash: string, now: Date): Promise<void> {
  await db.updateTable('sessions').set({ seen_at: now }).where('hash', '=', hash).execute();
}

export async function dropSession(db: Database, hash: string): Promise<void> {
  await db.deleteFrom('sessions').where('hash', '=', hash).execute();
}

/** All of an account, but the one to keep. */
export async function dropSessionsOf(tx: Database, account: string, keep?: string): Promise<void> {
  let query = tx.deleteFrom('sessions').where('account', '=', account);
  if (keep !== undefined) query = query.where('hash', '!=', keep);
  await query.execute();
}

/** Those that have reached a limit. */
export async function dropStaleSessions(db: Database, begunBefore: Date, seenBefore: Date): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where((eb) => eb.or([eb('created_at', '<', begunBefore), eb('seen_at', '<', seenBefore)]))
    .execute();
}
