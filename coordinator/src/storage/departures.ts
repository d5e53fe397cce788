import { sql, type RawBuilder } from 'kysely';
import type { SiteName, StudyHash } from '@consilium/protocol';
import type { Database } from './schema.js';

export type DepartureKind = 'ciphertext' | 'metadata' | 'model';

/** Something of a study that a site has sent, as it was received here. */
export interface Departure {
  readonly at: Date;
  readonly study: StudyHash;
  readonly seq: number;
  readonly site: SiteName;
  readonly round: number | null;
  readonly kind: DepartureKind;
  readonly bytes: number;
  /** Hex; null where only a signed statement came, whose words are in the record. */
  readonly sha256: string | null;
}

export interface DepartureFilter {
  /** None: every site. */
  readonly sites?: readonly SiteName[] | undefined;
  readonly study?: StudyHash | undefined;
  readonly kind?: DepartureKind | undefined;
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
}

/** Where a page ends; the next one goes on behind it. */
export interface DeparturePlace {
  readonly at: Date;
  readonly study: StudyHash;
  readonly seq: number;
}

const TYPE_OF: Readonly<Record<DepartureKind, string>> = { ciphertext: 'uploaded', metadata: 'metricsSigned', model: 'bundleReceived' };

const kind = sql<DepartureKind>`case event->>'type' when 'uploaded' then 'ciphertext' when 'metricsSigned' then 'metadata' else 'model' end`;
const bytes = sql<number>`case event->>'type' when 'metricsSigned' then octet_length(event->'statement'->>'json') else (event->>'bytes')::bigint end`;

function within({ sites, study, kind: one, from, to }: DepartureFilter): RawBuilder<boolean> {
  // The first line is that of the index.
  const parts = [sql<boolean>`event->>'type' in ('uploaded', 'metricsSigned', 'bundleReceived')`];
  if (sites) parts.push(sql`event->>'site' = any(${[...sites]}::text[])`);
  if (study) parts.push(sql`study = ${study}`);
  if (one) parts.push(sql`event->>'type' = ${TYPE_OF[one]}`);
  if (from) parts.push(sql`at >= ${from}`);
  if (to) parts.push(sql`at < ${to}`);
  return sql<boolean>`${sql.join(parts, sql` and `)}`;
}

/** Newest first, at most `limit`. @param after - where the page before ended */
export async function departures(
  db: Database,
  filter: DepartureFilter,
  limit: number,
  after?: DeparturePlace,
): Promise<readonly Departure[]> {
  return db
    .selectFrom('study_events')
    .select([
      'at',
      'study',
      'seq',
      sql<SiteName>`event->>'site'`.as('site'),
      sql<number | null>`(event->>'round')::int`.as('round'),
      kind.as('kind'),
      bytes.as('bytes'),
      sql<string | null>`event->>'sha256'`.as('sha256'),
    ])
    .where(within(filter))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(at < ${after?.at} or (at = ${after?.at} and (study > ${after?.study} or (study = ${after?.study} and seq < ${after?.seq}))))`,
      ),
    )
    .orderBy('at', 'desc')
    .orderBy('study')
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
}

export interface DepartureTotal {
  /** UTC. */
  readonly day: string;
  readonly kind: DepartureKind;
  readonly items: number;
  readonly bytes: number;
}

/** Sums by day and kind, days ascending. */
export async function departureTotals(db: Database, filter: DepartureFilter): Promise<readonly DepartureTotal[]> {
  return db
    .selectFrom('study_events')
    .select([
      sql<string>`to_char(at at time zone 'UTC', 'YYYY-MM-DD')`.as('day'),
      kind.as('kind'),
      sql<number>`count(*)`.as('items'),
      sql<number>`sum(${bytes})::bigint`.as('bytes'),
    ])
    .where(within(filter))
    .groupBy(sql`1, 2`)
    .orderBy(sql`1, 2`)
    .execute();
}
