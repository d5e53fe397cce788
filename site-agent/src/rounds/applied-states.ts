import type { StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../state/index.js';

/** The state that this site holds after a round of a study; round 0 is the initial one. */
export interface AppliedState {
  readonly round: number;
  /** The attempt that led to it; 0 for round 0. */
  readonly attempt: number;
  /** SHA-256 of the encoded state, hex. */
  readonly digest: string;
}

const Row = z.object({ round: z.number(), attempt: z.number(), digest: z.string() });

/** @returns undefined where this site has not begun the study */
export function latestState(state: SiteState, study: StudyHash): AppliedState | undefined {
  const row = state.database
    .prepare('SELECT round, attempt, digest FROM study_state WHERE study = ? ORDER BY round DESC LIMIT 1')
    .get(study);
  return row === undefined ? undefined : Row.parse(row);
}

export function stateOfRound(state: SiteState, study: StudyHash, round: number): AppliedState | undefined {
  const row = state.database.prepare('SELECT round, attempt, digest FROM study_state WHERE study = ? AND round = ?').get(study, round);
  return row === undefined ? undefined : Row.parse(row);
}

/** Keeps a state; what stands for the round already stays, so that applying twice is applying once. */
export function saveState(state: SiteState, study: StudyHash, { round, attempt, digest }: AppliedState): void {
  state.database
    .prepare('INSERT OR IGNORE INTO study_state (study, round, attempt, digest) VALUES (?, ?, ?, ?)')
    .run(study, round, attempt, digest);
}

/** Takes back the states after `round`: t sites agreed that they never were. @returns the rounds taken back */
export function dropStatesAfter(state: SiteState, study: StudyHash, round: number): readonly number[] {
  const rows = state.database.prepare('DELETE FROM study_state WHERE study = ? AND round > ? RETURNING round').all(study, round);
  return rows.map((row) => z.number().parse(row['round']));
}
