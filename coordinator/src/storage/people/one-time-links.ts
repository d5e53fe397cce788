import type { Database, OneTimeLinksTable } from '../schema.js';

/** A new link in place of those of the same purpose and account. */
export async function replaceLink(tx: Database, link: OneTimeLinksTable): Promise<void> {
  await dropLinks(tx, link.purpose, link.account);
  await tx.insertInto('one_time_links').values(link).execute();
}

export async function dropLinks(tx: Database, purpose: OneTimeLinksTable['purpose'], account: string | null): Promise<void> {
  await tx.deleteFrom('one_time_links').where('purpose', '=', purpose).where('account', 'is not distinct from', account).execute();
}

/** Uses a link up. @returns undefined where there is none, or its time is over */
export async function useLink(
  tx: Database,
  purpose: OneTimeLinksTable['purpose'],
  hash: string,
  now: Date,
): Promise<{ readonly account: string | null } | undefined> {
  const row = await tx
    .deleteFrom('one_time_links')
    .where('purpose', '=', purpose)
    .where('hash', '=', hash)
    .returning(['account', 'expires_at'])
    .executeTakeFirst();
  return row !== undefined && row.expires_at > now ? row : undefined;
}

/** Whether a link counts, and whose it is; it is not used up. */
export async function peekLink(
  db: Database,
  purpose: OneTimeLinksTable['purpose'],
  hash: string,
  now: Date,
): Promise<{ readonly account: string | null } | undefined> {
  return db
    .selectFrom('one_time_links')
    .select('account')
    .where('purpose', '=', purpose)
    .where('hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
}
