import type { SiteName } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { CountersignaturesTable, Database, RostersTable } from './schema.js';

export type RosterRow = Selectable<RostersTable>;
export type CountersignatureRow = Selectable<CountersignaturesTable>;

export async function addRoster(db: Database, row: RosterRow): Promise<void> {
  await db.insertInto('rosters').values(row).execute();
}

export async function newestRoster(db: Database): Promise<RosterRow | undefined> {
  return db.selectFrom('rosters').selectAll().orderBy('epoch', 'desc').limit(1).executeTakeFirst();
}

export async function findRoster(db: Database, epoch: number): Promise<RosterRow | undefined> {
  return db.selectFrom('rosters').selectAll().where('epoch', '=', epoch).executeTakeFirst();
}

/** The epochs after one, oldest first. */
export async function rostersAfter(db: Database, epoch: number, limit: number): Promise<readonly RosterRow[]> {
  return db.selectFrom('rosters').selectAll().where('epoch', '>', epoch).orderBy('epoch').limit(limit).execute();
}

/** The epochs before one, newest first. */
export async function rostersBefore(db: Database, epoch: number, limit: number): Promise<readonly RosterRow[]> {
  return db.selectFrom('rosters').selectAll().where('epoch', '<', epoch).orderBy('epoch', 'desc').limit(limit).execute();
}

/** Keeps a member's signature over a roster; the first one stays. */
export async function addCountersignature(db: Database, row: CountersignatureRow): Promise<void> {
  await db
    .insertInto('countersignatures')
    .values(row)
    .onConflict((conflict) => conflict.columns(['epoch', 'site']).doNothing())
    .execute();
}

/** Over one epoch, by site. */
export async function countersignaturesOf(db: Database, epoch: number): Promise<readonly CountersignatureRow[]> {
  return db.selectFrom('countersignatures').selectAll().where('epoch', '=', epoch).orderBy('site').execute();
}

/** The newest epoch that each site has countersigned. */
export async function newestCountersigned(db: Database): Promise<ReadonlyMap<SiteName, number>> {
  const rows = await db
    .selectFrom('countersignatures')
    .select((eb) => ['site', eb.fn.max('epoch').as('epoch')])
    .groupBy('site')
    .execute();
  return new Map(rows.map(({ site, epoch }) => [site, epoch]));
}
