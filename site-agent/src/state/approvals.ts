import { STATEMENTS, StudyHash, statementJson, type Statement } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from './site-state.js';

/** An officer's last decision on a study, as it was signed. */
export interface StoredApproval {
  readonly study: StudyHash;
  readonly statement: Statement<'approval'>;
  /** Canonical JSON of the statement: the bytes that travel. */
  readonly json: Uint8Array;
  readonly signature: Uint8Array;
  readonly decidedAt: string;
  /** Why, in the officer's words, for this site alone. */
  readonly reason: string | null;
  /** When the coordinator had it; null while it still has to be sent. */
  readonly sentAt: string | null;
}

const Row = z.object({
  study: StudyHash,
  statement: z.instanceof(Uint8Array),
  signature: z.instanceof(Uint8Array),
  decided_at: z.string(),
  sent_at: z.string().nullable(),
  reason: z.string().nullable(),
});

function fromRow(row: unknown): StoredApproval {
  const { study, statement: json, signature, decided_at: decidedAt, sent_at: sentAt, reason } = Row.parse(row);
  const statement = STATEMENTS.approval.parse(JSON.parse(Buffer.from(json).toString('utf8')));
  return { study, statement, json, signature, decidedAt, sentAt, reason };
}

/** Keeps a decision before it is sent; a later one replaces it, and ends a pause. */
export function saveApproval(
  state: SiteState,
  statement: Statement<'approval'>,
  signature: Uint8Array,
  reason: string | null = null,
): void {
  state.transaction(() => {
    state.database
      .prepare(
        'INSERT OR REPLACE INTO approval (study, decision, statement, signature, decided_at, sent_at, reason) VALUES (?, ?, ?, ?, ?, NULL, ?)',
      )
      .run(statement.study, statement.decision, statementJson('approval', statement), signature, statement.signedAt, reason);
    state.database.prepare('DELETE FROM pause WHERE study = ?').run(statement.study);
  });
}

/** Notes that the coordinator has the decision of `decidedAt`; a newer decision stays unsent. */
export function markApprovalSent(state: SiteState, study: StudyHash, decidedAt: string): void {
  state.database
    .prepare('UPDATE approval SET sent_at = ? WHERE study = ? AND decided_at = ?')
    .run(new Date().toISOString(), study, decidedAt);
}

export function findApproval(state: SiteState, study: StudyHash): StoredApproval | undefined {
  const row = state.database.prepare('SELECT * FROM approval WHERE study = ?').get(study);
  return row === undefined ? undefined : fromRow(row);
}

/** Decisions that the coordinator does not have yet: the running agent sends them when it connects. */
export function unsentApprovals(state: SiteState): readonly StoredApproval[] {
  return state.database.prepare('SELECT * FROM approval WHERE sent_at IS NULL ORDER BY decided_at').all().map(fromRow);
}
