import type { Selectable } from 'kysely';
import type { NoticesTable, NoticeDeliveriesTable, NoticeRecipientsTable, WebhooksTable } from './compliance-tables.js';
import { toJsonb, type Database } from './schema.js';

export type NoticeRow = Selectable<NoticesTable>;
export type WebhookRow = Selectable<WebhooksTable>;
export type DeliveryRow = Selectable<NoticeDeliveriesTable>;
export type RecipientRow = Selectable<NoticeRecipientsTable>;

/** A delivery that is due, with what it tells. */
export interface DueDelivery extends DeliveryRow {
  readonly kind: string;
  readonly link: string;
  readonly at: Date;
}

/**
 * Keeps an event that people are told of, with a delivery for each address that wants its kind now: all or nothing.
 * @returns false where it was told before
 */
export async function addNotice(db: Database, notice: Pick<NoticeRow, 'key' | 'kind' | 'link' | 'at'>): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const added = await tx
      .insertInto('notices')
      .values(notice)
      .onConflict((conflict) => conflict.column('key').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (added === undefined) return false;
    const addresses = await tx.selectFrom('notice_recipients').select('address').where('kind', '=', notice.kind).execute();
    const hooks = (await tx.selectFrom('webhooks').select(['id', 'kinds']).execute()).filter(({ kinds }) => kinds.includes(notice.kind));
    const rows = [
      ...addresses.map(({ address }) => ({ channel: 'mail' as const, target: address })),
      ...hooks.map(({ id }) => ({ channel: 'webhook' as const, target: id })),
    ];
    if (rows.length > 0)
      await tx
        .insertInto('notice_deliveries')
        .values(rows.map((row) => ({ ...row, notice: added.id, next_at: notice.at, done_at: null, last_error: null })))
        .execute();
    return true;
  });
}

/** How many want to be told of a kind. */
export async function listenersOf(db: Database, kind: string): Promise<{ readonly mails: number; readonly webhooks: number }> {
  const mails = await db.selectFrom('notice_recipients').select('address').where('kind', '=', kind).execute();
  const hooks = await db.selectFrom('webhooks').select('kinds').execute();
  return { mails: mails.length, webhooks: hooks.filter(({ kinds }) => kinds.includes(kind)).length };
}

/** Deliveries whose time has come, oldest first. */
export async function dueDeliveries(db: Database, now: Date, limit: number): Promise<readonly DueDelivery[]> {
  return db
    .selectFrom('notice_deliveries')
    .innerJoin('notices', 'notices.id', 'notice_deliveries.notice')
    .selectAll('notice_deliveries')
    .select(['notices.kind', 'notices.link', 'notices.at'])
    .where('done_at', 'is', null)
    .where('gave_up', '=', false)
    .where('next_at', '<=', now)
    .orderBy('notice_deliveries.id')
    .limit(limit)
    .execute();
}

export async function deliveryDone(db: Database, id: number, now: Date): Promise<void> {
  await db
    .updateTable('notice_deliveries')
    .set((eb) => ({ done_at: now, attempts: eb('attempts', '+', 1), last_error: null }))
    .where('id', '=', id)
    .execute();
}

/** @param nextAt - of the next try; undefined where there is none */
export async function deliveryFailed(db: Database, id: number, error: string, nextAt: Date | undefined): Promise<void> {
  await db
    .updateTable('notice_deliveries')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      last_error: error,
      ...(nextAt === undefined ? { gave_up: true } : { next_at: nextAt }),
    }))
    .where('id', '=', id)
    .execute();
}

/** How many wait, and how many were given up, with the last error of each channel. */
export async function deliveryCounts(
  db: Database,
): Promise<{ readonly waiting: number; readonly gaveUp: number; readonly lastError: string | null }> {
  const open = await db
    .selectFrom('notice_deliveries')
    .select((eb) => ['gave_up', eb.fn.countAll<number>().as('count')])
    .where('done_at', 'is', null)
    .groupBy('gave_up')
    .execute();
  const failing = await db
    .selectFrom('notice_deliveries')
    .select('last_error')
    .where('last_error', 'is not', null)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  const count = (gaveUp: boolean) => Number(open.find((row) => row.gave_up === gaveUp)?.count ?? 0);
  return { waiting: count(false), gaveUp: count(true), lastError: failing?.last_error ?? null };
}

export async function noticeRecipients(db: Database): Promise<readonly RecipientRow[]> {
  return db.selectFrom('notice_recipients').selectAll().orderBy('kind').orderBy('address').execute();
}

/** Replaces all of them. */
export async function setNoticeRecipients(db: Database, rows: readonly RecipientRow[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('notice_recipients').execute();
    if (rows.length > 0)
      await tx
        .insertInto('notice_recipients')
        .values([...rows])
        .execute();
  });
}

export async function addWebhook(db: Database, row: WebhookRow): Promise<void> {
  await db
    .insertInto('webhooks')
    .values({ ...row, kinds: toJsonb([...row.kinds]) })
    .execute();
}

export async function listWebhooks(db: Database): Promise<readonly WebhookRow[]> {
  return db.selectFrom('webhooks').selectAll().orderBy('created_at').orderBy('id').execute();
}

export async function findWebhook(db: Database, id: string): Promise<WebhookRow | undefined> {
  return db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Its open deliveries end with it. @returns false where there is none */
export async function dropWebhook(db: Database, id: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await tx
      .updateTable('notice_deliveries')
      .set({ gave_up: true, last_error: 'the webhook was removed' })
      .where('channel', '=', 'webhook')
      .where('target', '=', id)
      .where('done_at', 'is', null)
      .execute();
    const dropped = await tx.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst();
    return dropped.numDeletedRows > 0n;
  });
}
