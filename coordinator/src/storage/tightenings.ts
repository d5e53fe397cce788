import type { SiteName } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { LooseningRequestsTable, TighteningsTable } from './compliance-tables.js';
import type { LedgerKey } from './ledgers.js';
import type { Database } from './schema.js';

export type TighteningRow = Selectable<TighteningsTable>;
export type LooseningRow = Selectable<LooseningRequestsTable>;

export async function addTightening(
  db: Database,
  row: Pick<TighteningRow, 'site' | 'population' | 'request' | 'epsilon_limit' | 'asked_by' | 'asked_at'>,
): Promise<TighteningRow> {
  return db
    .insertInto('tightenings')
    .values({ ...row, outcome: null, refused: null, answered_at: null })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** All requests to one ledger, oldest first. */
export async function tighteningsOf(db: Database, { site, population }: LedgerKey): Promise<readonly TighteningRow[]> {
  return db
    .selectFrom('tightenings')
    .selectAll()
    .where('site', '=', site)
    .where('population', '=', population)
    .orderBy('request')
    .execute();
}

/** What a site has not answered yet, oldest first. */
export async function waitingTightenings(db: Database, site: SiteName): Promise<readonly TighteningRow[]> {
  return db
    .selectFrom('tightenings')
    .selectAll()
    .where('site', '=', site)
    .where('outcome', 'is', null)
    .orderBy('population')
    .orderBy('request')
    .execute();
}

/** An answer counts once. @returns the request, or undefined where it was answered before or never asked */
export async function answerTightening(
  db: Database,
  { site, population }: LedgerKey,
  request: number,
  answer: { readonly outcome: 'entered' | 'refused'; readonly refused: string | null; readonly at: Date },
): Promise<TighteningRow | undefined> {
  return db
    .updateTable('tightenings')
    .set({ outcome: answer.outcome, refused: answer.refused, answered_at: answer.at })
    .where('site', '=', site)
    .where('population', '=', population)
    .where('request', '=', request)
    .where('outcome', 'is', null)
    .returningAll()
    .executeTakeFirst();
}

/** Gives a request that waits another number. @param most - moves after which it stays where it is */
export async function moveTightening(
  db: Database,
  { site, population }: LedgerKey,
  request: number,
  to: number,
  most: number,
): Promise<TighteningRow | undefined> {
  return db
    .updateTable('tightenings')
    .set((eb) => ({ request: to, moves: eb('moves', '+', 1) }))
    .where('site', '=', site)
    .where('population', '=', population)
    .where('request', '=', request)
    .where('outcome', 'is', null)
    .where('moves', '<', most)
    .returningAll()
    .executeTakeFirst();
}

export async function addLooseningRequest(
  db: Database,
  row: Pick<LooseningRow, 'site' | 'population' | 'epsilon_limit' | 'reason' | 'asked_by' | 'asked_at'>,
): Promise<LooseningRow> {
  return db.insertInto('loosening_requests').values(row).returningAll().executeTakeFirstOrThrow();
}

/** Newest first. */
export async function looseningRequestsOf(db: Database, { site, population }: LedgerKey, limit: number): Promise<readonly LooseningRow[]> {
  return db
    .selectFrom('loosening_requests')
    .selectAll()
    .where('site', '=', site)
    .where('population', '=', population)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** What sites have answered since. */
export async function answeredTightenings(db: Database, since: Date): Promise<readonly TighteningRow[]> {
  return db.selectFrom('tightenings').selectAll().where('outcome', 'is not', null).where('answered_at', '>=', since).execute();
}

export async function looseningRequestsSince(db: Database, since: Date): Promise<readonly LooseningRow[]> {
  return db.selectFrom('loosening_requests').selectAll().where('asked_at', '>=', since).execute();
}
