import { ConsiliumError, type Json, type StudyHash } from '@consilium/protocol';
import { sql } from 'kysely';
import { toJsonb, type Database } from './schema.js';

export interface StoredEvent {
  readonly study: StudyHash;
  /** From 1, without gaps. */
  readonly seq: number;
  readonly at: Date;
  readonly event: Json;
}

/** PostgreSQL's code for a row whose key is taken. */
const UNIQUE_VIOLATION = '23505';

/**
 * Appends events of a study at the places the writer expects, all or none. When this returns they are on disk.
 * @param events - at least one, in their order
 * @throws ConsiliumError EVENT_ORDER where a place is taken: somebody else has written
 */
export async function appendStudyEvents(db: Database, events: readonly StoredEvent[]): Promise<void> {
  try {
    await db
      .insertInto('study_events')
      .values(events.map(({ study, seq, at, event }) => ({ study, seq, at, event: toJsonb(event) })))
      .execute();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== UNIQUE_VIOLATION) throw cause;
    throw new ConsiliumError({
      code: 'EVENT_ORDER',
      errorClass: 'failed',
      message: `Event ${events[0]?.seq} of study ${events[0]?.study.slice(0, 8)} was written by somebody else.`,
      fix: 'Make sure that only one coordinator uses this database.',
      cause,
    });
  }
}

/** Events after `after`, oldest first, at most `limit`. */
export async function readStudyEvents(db: Database, study: StudyHash, after = 0, limit?: number): Promise<readonly StoredEvent[]> {
  return db
    .selectFrom('study_events')
    .selectAll()
    .where('study', '=', study)
    .where('seq', '>', after)
    .orderBy('seq')
    .$if(limit !== undefined, (query) => query.limit(limit ?? 0))
    .execute();
}

/** Everything that happened about one round, oldest first. */
export async function readRoundEvents(db: Database, study: StudyHash, round: number): Promise<readonly StoredEvent[]> {
  return db
    .selectFrom('study_events')
    .selectAll()
    .where('study', '=', study)
    .where(sql<boolean>`coalesce(event->>'round', event->'state'->>'round') = ${String(round)}`)
    .orderBy('seq')
    .execute();
}
