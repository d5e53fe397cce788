import { DecidedBy, Decision } from '@consilium/ledger';
import { PopulationName } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../state/index.js';

/** A decision that was made here, and whether the ledger's writer has entered it. */
export interface QueuedDecision {
  readonly id: number;
  readonly population: PopulationName;
  readonly decision: Decision;
  readonly by: DecidedBy;
  readonly decidedAt: string;
  /** Null while it waits. */
  readonly outcome: 'entered' | 'refused' | null;
  /** Why it was refused, or what it waits for. */
  readonly detail: string | null;
}

const Row = z.object({
  id: z.int(),
  population: PopulationName,
  decision: z.string(),
  decided_by: z.string(),
  decided_at: z.string(),
  outcome: z.enum(['entered', 'refused']).nullable(),
  detail: z.string().nullable(),
});

function fromRow(row: unknown): QueuedDecision {
  const { id, population, decision, decided_by: by, decided_at: decidedAt, outcome, detail } = Row.parse(row);
  return {
    id,
    population,
    decision: Decision.parse(JSON.parse(decision)),
    by: DecidedBy.parse(JSON.parse(by)),
    decidedAt,
    outcome,
    detail,
  };
}

/**
 * Keeps a decision for the ledger's one writer, which enters it before it reserves or spends anything more: the running
 * agent within seconds, one that is stopped when it starts. Durable when it returns.
 * @returns its number
 */
export function queueDecision(state: SiteState, population: PopulationName, decision: Decision, by: DecidedBy, now: Date): number {
  const { lastInsertRowid } = state.database
    .prepare('INSERT INTO ledger_decision (population, decision, decided_by, decided_at) VALUES (?, ?, ?, ?)')
    .run(population, JSON.stringify(decision), JSON.stringify(by), now.toISOString());
  return Number(lastInsertRowid);
}

/** In the order in which they were made. */
export function waitingDecisions(state: SiteState, population: PopulationName): readonly QueuedDecision[] {
  return state.database
    .prepare('SELECT * FROM ledger_decision WHERE population = ? AND outcome IS NULL ORDER BY id')
    .all(population)
    .map(fromRow);
}

/** Those that wait, and those that the ledger did not take, in their order: what `ledger show` says beside the entries. */
export function openDecisions(state: SiteState, population: PopulationName): readonly QueuedDecision[] {
  return state.database
    .prepare("SELECT * FROM ledger_decision WHERE population = ? AND (outcome IS NULL OR outcome = 'refused') ORDER BY id")
    .all(population)
    .map(fromRow);
}

/** @throws TypeError for a number that nothing was queued under */
export function queuedDecision(state: SiteState, id: number): QueuedDecision {
  const row = state.database.prepare('SELECT * FROM ledger_decision WHERE id = ?').get(id);
  if (row === undefined) throw new TypeError('a decision that was never queued');
  return fromRow(row);
}

export function settleDecision(state: SiteState, id: number, outcome: 'entered' | 'refused', detail: string | null = null): void {
  state.database.prepare('UPDATE ledger_decision SET outcome = ?, detail = ? WHERE id = ?').run(outcome, detail, id);
}

/** As if it had never come. */
export function dropDecision(state: SiteState, id: number): void {
  state.database.prepare('DELETE FROM ledger_decision WHERE id = ?').run(id);
}

/** What a decision waits for; nothing is written where that is known already. */
export function noteWaiting(state: SiteState, { id, detail }: QueuedDecision, why: string): void {
  if (detail !== why) state.database.prepare('UPDATE ledger_decision SET detail = ? WHERE id = ?').run(why, id);
}

/** What became of a request of the coordinator; undefined for a number that never came. */
export function coordinatorRequest(state: SiteState, population: PopulationName, request: number): QueuedDecision | undefined {
  const row = state.database
    .prepare(`SELECT * FROM ledger_decision WHERE population = ? AND ${BY_COORDINATOR} AND ${REQUEST} = ?`)
    .get(population, request);
  return row === undefined ? undefined : fromRow(row);
}

/** The highest number of a request of the coordinator that came here; 0 where none did. */
export function lastCoordinatorRequest(state: SiteState, population: PopulationName): number {
  const row = state.database
    .prepare(`SELECT max(${REQUEST}) AS last FROM ledger_decision WHERE population = ? AND ${BY_COORDINATOR}`)
    .get(population);
  return LastRow.parse(row).last ?? 0;
}

const LastRow = z.object({ last: z.int().nullable() });
const BY_COORDINATOR = "json_extract(decided_by, '$.role') = 'coordinator'";
const REQUEST = "json_extract(decided_by, '$.request')";
