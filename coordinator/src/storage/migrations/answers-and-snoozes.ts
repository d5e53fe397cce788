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
    // Read without the events themselves, which are a thousand times as long.
    sql`alter table study_events
      add column left_site text generated always as (
        case when event->>'type' in ('uploaded', 'metricsSigned', 'bundleReceived') then event->>'site' end) stored,
      add column left_kind text generated always as (
        case event->>'type' when 'uploaded' then 'ciphertext' when 'metricsSigned' then 'metadata' when 'bundleReceived' then 'model' end) stored,
      add column left_bytes bigint generated always as (
        case event->>'type' when 'metricsSigned' then octet_length(event->'statement'->>'json')
          when 'uploaded' then (event->>'bytes')::bigint when 'bundleReceived' then (event->>'bytes')::bigint end) stored`,
    sql`create index study_events_that_left on study_events (at desc, study, seq desc) include (left_site, left_kind, left_bytes)
      where left_kind is not null`,
  ];
  for (const statement of statements) await statement.execute(db);
}
