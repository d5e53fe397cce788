import { sql } from 'kysely';
import type { Database } from './schema.js';

/** A request that is being answered, or was. */
export interface KeptAnswer {
  /** Of who asked and the key that was given, 32 bytes. */
  readonly id: Buffer;
  readonly at: Date;
  /** Keyed digest of method, path and body, 32 bytes. */
  readonly request: Buffer;
  /** Null while it is being answered, and for ever where the coordinator ended meanwhile. */
  readonly status: number | null;
  /** Sealed under the key that was given: who reads this table reads no answer. */
  readonly answer: Buffer | null;
}

/** Registers a request before anything is done for it. @returns what is there already; undefined where this is the first */
export async function beginAnswer(
  db: Database,
  { id, at, request }: Pick<KeptAnswer, 'id' | 'at' | 'request'>,
): Promise<KeptAnswer | undefined> {
  for (;;) {
    const inserted = await db
      .insertInto('kept_answers')
      .values({ id, at, request, status: null, answer: null })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 1n) return undefined;
    const known = await db.selectFrom('kept_answers').selectAll().where('id', '=', id).executeTakeFirst();
    // Between the two somebody may have dropped it.
    if (known) return known;
  }
}

export async function keepAnswer(db: Database, id: Buffer, status: number, answer: Buffer): Promise<void> {
  await db.updateTable('kept_answers').set({ status, answer }).where('id', '=', id).execute();
}

/** Nothing was done for the request: its key is free again. */
export async function dropAnswer(db: Database, id: Buffer): Promise<void> {
  await db.deleteFrom('kept_answers').where('id', '=', id).where('status', 'is', null).execute();
}

export async function dropAnswersBefore(db: Database, at: Date): Promise<void> {
  await db.deleteFrom('kept_answers').where('at', '<', at).execute();
}

/** How many there are; for tests and limits. */
export async function countAnswers(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom('kept_answers')
    .select(sql<number>`count(*)::int`.as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
