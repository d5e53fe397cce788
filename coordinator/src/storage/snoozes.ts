import type { Database } from './schema.js';

/** What somebody has put off, and until when, of that which still holds at `now`. */
export async function snoozesOf(db: Database, actor: string, now: Date): Promise<ReadonlyMap<string, Date>> {
  const rows = await db.selectFrom('snoozes').select(['item', 'until']).where('actor', '=', actor).where('until', '>', now).execute();
  return new Map(rows.map(({ item, until }) => [item, until]));
}

/** Puts an item off for one person alone, and forgets what is over. */
export async function snooze(db: Database, actor: string, item: string, until: Date, now: Date): Promise<void> {
  await db.deleteFrom('snoozes').where('actor', '=', actor).where('until', '<=', now).execute();
  await db
    .insertInto('snoozes')
    .values({ actor, item, until })
    .onConflict((conflict) => conflict.columns(['actor', 'item']).doUpdateSet({ until }))
    .execute();
}
