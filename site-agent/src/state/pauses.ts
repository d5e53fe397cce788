import { STATEMENTS, StudyHash, statementJson, type Statement } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from './site-state.js';

/** The last word on whether a study rests at this site, as it was signed. */
export interface StoredPause {
  readonly study: StudyHash;
  readonly statement: Statement<'pause'>;
  readonly json: Uint8Array;
  readonly signature: Uint8Array;
  readonly decidedAt: string;
}

const Row = z.object({
  study: StudyHash,
  statement: z.instanceof(Uint8Array),
  signature: z.instanceof(Uint8Array),
  decided_at: z.string(),
});

function fromRow(row: unknown): StoredPause {
  const { study, statement: json, signature, decided_at: decidedAt } = Row.parse(row);
  return { study, statement: STATEMENTS.pause.parse(JSON.parse(Buffer.from(json).toString('utf8'))), json, signature, decidedAt };
}

/** Keeps a pause, or its end, before it is sent; a later word replaces it. */
export function savePause(state: SiteState, statement: Statement<'pause'>, signature: Uint8Array): void {
  state.database
    .prepare('INSERT OR REPLACE INTO pause (study, statement, signature, decided_at, sent_at) VALUES (?, ?, ?, ?, NULL)')
    .run(statement.study, statementJson('pause', statement), signature, statement.signedAt);
}

/** The pause that holds now; nothing where the study goes on. */
export function findPause(state: SiteState, study: StudyHash): StoredPause | undefined {
  const row = state.database.prepare('SELECT * FROM pause WHERE study = ?').get(study);
  const last = row === undefined ? undefined : fromRow(row);
  return last?.statement.decision === 'pause' ? last : undefined;
}

/** Words that the coordinator does not have yet. */
export function unsentPauses(state: SiteState): readonly StoredPause[] {
  return state.database.prepare('SELECT * FROM pause WHERE sent_at IS NULL ORDER BY decided_at').all().map(fromRow);
}

/** Notes that the coordinator has the word of `decidedAt`; a newer one stays unsent. */
export function markPauseSent(state: SiteState, study: StudyHash, decidedAt: string): void {
  state.database.prepare('UPDATE pause SET sent_at = ? WHERE study = ? AND decided_at = ?').run(new Date().toISOString(), study, decidedAt);
}
