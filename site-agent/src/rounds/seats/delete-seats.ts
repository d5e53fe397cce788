import type { StudyHash } from '@consilium/protocol';
import type { SiteState } from '../../state/index.js';
import type { AttemptPlace } from '../attempts.js';

/** Rows of `study_seat` or `study_share` that belong to attempts for which `condition` holds. */
const bound = (table: string, condition: string) =>
  `DELETE FROM ${table} WHERE study = ? AND EXISTS (
     SELECT 1 FROM study_attempt a WHERE a.study = ${table}.study AND a.key_epoch = ${table}.key_epoch
     AND a.block = ${table}.block AND a.seat = ${table}.seat AND ${condition})`;

/** Seats of blocks that were replaced and that no attempt will use any more; block numbers grow over key epochs too. */
const dead = (table: string) =>
  `DELETE FROM ${table} WHERE study = ? AND block < ? AND NOT EXISTS (
     SELECT 1 FROM study_attempt a WHERE a.study = ${table}.study AND a.key_epoch = ${table}.key_epoch
     AND a.block = ${table}.block AND a.seat = ${table}.seat)`;

const TABLES = ['study_seat', 'study_share'] as const;

/**
 * A round is done here: the secrets, shares and messages of its attempts, and of earlier ones, are deleted, and with them
 * the unused seats of blocks before the one it used (PROTOCOL.md section 4, "Deletion"). What remains says which seat was
 * used for what.
 */
export function deleteSeatsOfRound(state: SiteState, study: StudyHash, { round, block }: Pick<AttemptPlace, 'round' | 'block'>): void {
  // What follows brings it to the disk.
  state.note(() => {
    for (const table of TABLES) {
      state.database.prepare(bound(table, 'a.round <= ?')).run(study, round);
      state.database.prepare(dead(table)).run(study, block);
    }
    state.database
      .prepare('UPDATE study_release SET message = NULL WHERE study = ? AND round <= ? AND message IS NOT NULL')
      .run(study, round);
    state.database
      .prepare(
        `UPDATE study_block SET own_bundle = NULL, own_share = NULL
         WHERE study = ? AND block < ? AND (own_bundle IS NOT NULL OR own_share IS NOT NULL)`,
      )
      .run(study, block);
  });
  state.eraseDeleted();
}

/** An attempt came to nothing after its shares were released: its seat is never used again. */
export function deleteSeatOfAttempt(state: SiteState, study: StudyHash, { round, attempt }: Pick<AttemptPlace, 'round' | 'attempt'>): void {
  state.transaction(() => {
    for (const table of TABLES) state.database.prepare(bound(table, 'a.round = ? AND a.attempt = ?')).run(study, round, attempt);
    state.database
      .prepare('UPDATE study_release SET message = NULL WHERE study = ? AND round = ? AND attempt = ?')
      .run(study, round, attempt);
  });
  state.eraseDeleted();
}

/**
 * This site's state was restored: seats that look unused may have been used, so all of them go; so do those of attempts,
 * in which it signs nothing any more.
 */
export function discardSeats(state: SiteState, study: StudyHash): void {
  for (const table of TABLES) state.database.prepare(`DELETE FROM ${table} WHERE study = ?`).run(study);
}

/** The study is over. */
export function deleteAllSeats(state: SiteState, study: StudyHash): void {
  state.transaction(() => {
    for (const table of [...TABLES, 'study_block']) state.database.prepare(`DELETE FROM ${table} WHERE study = ?`).run(study);
    state.database.prepare('UPDATE study_release SET message = NULL WHERE study = ?').run(study);
  });
  state.eraseDeleted();
}
