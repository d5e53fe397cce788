import { sql, type Kysely } from 'kysely';

/**
 * What the API remembers for people: answers to requests that may come twice, and what somebody has put off. And two
 * ways into the record of a study: by round, and by what left a site.
 */
export async function answersAndSnoozes(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table kept_answers (
      id bytea primary key, at timestamptz not null, request bytea not null, status integer, answer bytea)`,
    sql`create index kept_answers_by_age on kept_answers (at)`,
    sql`create table snoozes (
      actor text not null, item text not null, until timestamptz not null, primary key (actor, item))`,
    sql`create index study_events_by_round on study_events (study, (coalesce(event->>'round', event->'state'->>'round')))`,
    sql`create index study_events_that_left on study_events (at desc, study, seq desc)
      where event->>'type' in ('uploaded', 'metricsSigned', 'bundleReceived')`,
  ];
  for (const statement of statements) await statement.execute(db);
}
