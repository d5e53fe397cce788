import type { SiteName } from '@consilium/protocol';
import { sql, type Selectable } from 'kysely';
import { toJsonb, type Database, type SitesTable } from './schema.js';

export type SiteRow = Selectable<SitesTable>;

export async function findSite(db: Database, name: SiteName): Promise<SiteRow | undefined> {
  return db.selectFrom('sites').selectAll().where('name', '=', name).executeTakeFirst();
}

/** All sites: members in roster order first, then the others by name. */
export async function listSites(db: Database): Promise<readonly SiteRow[]> {
  return db
    .selectFrom('sites')
    .selectAll()
    .orderBy('position', (order) => order.asc().nullsLast())
    .orderBy('name')
    .execute();
}

/**
 * Adds a site as invited. One that is not a member, or no longer, begins anew, without the keys it had; a member stays
 * what it is.
 */
export async function inviteSite(db: Database, name: SiteName, now: Date): Promise<void> {
  await db
    .insertInto('sites')
    .values({ name, state: 'invited', cohorts: '[]', invited_at: now })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ state: 'invited', invited_at: now, identity_key: null, sealing_key: null, csr: null })
        .where('sites.state', '!=', 'admitted'),
    )
    .execute();
}

export interface SiteKeys {
  readonly identityKey: Buffer;
  readonly sealingKey: Buffer;
  readonly csr: Buffer;
  readonly agentVersion: string;
}

/** Whether another site has one of these keys: two members with one key could not be told apart. */
export async function keysOfAnother(db: Database, name: SiteName, keys: SiteKeys): Promise<boolean> {
  const other = await db
    .selectFrom('sites')
    .select('name')
    .where('name', '!=', name)
    .where((eb) => eb.or([eb('identity_key', '=', keys.identityKey), eb('sealing_key', '=', keys.sealingKey)]))
    .executeTakeFirst();
  return other !== undefined;
}

/** An invited site has sent its keys: it waits for an admin. */
export async function recordSiteKeys(db: Database, name: SiteName, keys: SiteKeys): Promise<void> {
  await db
    .updateTable('sites')
    .set({
      state: 'pending',
      identity_key: keys.identityKey,
      sealing_key: keys.sealingKey,
      csr: keys.csr,
      agent_version: keys.agentVersion,
    })
    .where('name', '=', name)
    .where('state', 'in', ['invited', 'pending'])
    .execute();
}

/** No other transaction changes who is a member until this one ends: rosters follow one after the other. */
export async function lockMembers(db: Database): Promise<void> {
  await sql`lock table sites in share row exclusive mode`.execute(db);
}

/** A pending site becomes a member, last in roster order. False where it was not pending. After {@link lockMembers}. */
export async function admitSite(db: Database, name: SiteName, now: Date): Promise<boolean> {
  const { next } = await db
    .selectFrom('sites')
    .select((eb) => eb.fn.coalesce(sql<number>`max(position) + 1`, sql<number>`0`).as('next'))
    .executeTakeFirstOrThrow();
  const updated = await db
    .updateTable('sites')
    .set({ state: 'admitted', position: next, admitted_at: now })
    .where('name', '=', name)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

/** The site is a member no longer, and nobody else may take its keys. After {@link lockMembers}. */
export async function revokeSite(db: Database, name: SiteName): Promise<void> {
  await db.updateTable('sites').set({ state: 'revoked', position: null }).where('name', '=', name).execute();
}

/** Whether the site is a member, and stays one until the transaction ends. */
export async function holdMember(db: Database, name: SiteName): Promise<boolean> {
  const row = await db.selectFrom('sites').select('state').where('name', '=', name).forShare().executeTakeFirst();
  return row?.state === 'admitted';
}

export interface SiteHello {
  readonly agentVersion: string;
  readonly engine: string;
  readonly cohorts: readonly string[];
}

/** The site was heard from; with what it said of itself, if it did. */
export async function touchSite(db: Database, name: SiteName, now: Date, hello?: SiteHello): Promise<void> {
  await db
    .updateTable('sites')
    .set({
      last_seen: now,
      ...(hello ? { agent_version: hello.agentVersion, engine: hello.engine, cohorts: toJsonb(hello.cohorts) } : {}),
    })
    .where('name', '=', name)
    .execute();
}
