import { STATEMENTS, type SiteName, type Statement, type StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../state/index.js';
import { ask } from './ask-coordinator.js';
import type { StudyAtSite } from './study-at-site.js';

const Row = z.object({ round: z.number(), contributors: z.string(), statement: z.instanceof(Uint8Array) });

/** Who contributed to the first sum of this study that carried metrics. */
function firstList(state: SiteState, study: StudyHash): string | undefined {
  const row = state.database.prepare('SELECT * FROM study_metrics WHERE study = ? ORDER BY round LIMIT 1').get(study);
  return row === undefined ? undefined : Row.parse(row).contributors;
}

/**
 * Keeps the totals that this site will sign for a round. Only for the contributors of the study's first metrics round:
 * totals over two lists would give away, by their difference, the figures of the sites in one of them (PROTOCOL.md
 * section 4, "Metrics"). A round with another list leaves a gap in the curve. With noise every round's totals count.
 */
export function keepTotals(at: StudyAtSite, statement: Statement<'metrics'>): void {
  const contributors = statement.contributors.join(' ');
  const isExact = at.study.derived.noise === undefined;
  if (isExact && (firstList(at.state, at.hash) ?? contributors) !== contributors) return;
  const { json } = at.sign('metrics', statement);
  at.state.database
    .prepare('INSERT OR IGNORE INTO study_metrics (study, round, contributors, statement) VALUES (?, ?, ?, ?)')
    .run(at.hash, statement.round, contributors, json);
}

/** The totals that this site signed for a round. */
export function totalsOfRound(state: SiteState, study: StudyHash, round: number): Statement<'metrics'>['totals'] | undefined {
  const row = state.database.prepare('SELECT * FROM study_metrics WHERE study = ? AND round = ?').get(study, round);
  return row === undefined ? undefined : parse(Row.parse(row).statement).totals;
}

/** Sends the signed totals of a round, unless the coordinator has them or there are none. */
export async function sendTotals(at: StudyAtSite, round: number, signal: AbortSignal): Promise<void> {
  const row = at.state.database.prepare('SELECT * FROM study_metrics WHERE study = ? AND round = ? AND sent = 0').get(at.hash, round);
  if (row === undefined) return;
  const { json, signature } = at.sign('metrics', parse(Row.parse(row).statement));
  await ask(at.connection.release.metrics, { statement: json, signature }, signal);
  at.state.database.prepare('UPDATE study_metrics SET sent = 1 WHERE study = ? AND round = ?').run(at.hash, round);
}

function parse(json: Uint8Array): Statement<'metrics'> {
  return STATEMENTS.metrics.parse(JSON.parse(Buffer.from(json).toString('utf8')));
}

/** The statement about a state that a round's sum describes. */
export function metricsStatement(
  at: StudyAtSite,
  round: number,
  stateHmac: string,
  contributors: readonly SiteName[],
  totals: Statement<'metrics'>['totals'],
): Statement<'metrics'> {
  return { consortium: at.consortium, study: at.hash, site: at.name, round, stateHmac, contributors: [...contributors], totals };
}
