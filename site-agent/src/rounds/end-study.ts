import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { studyPath, type SiteState } from '../state/index.js';
import { latestState } from './applied-states.js';
import { deleteKeys } from './key-epochs.js';
import { deleteRoundFiles } from './round-files.js';
import { deleteAllSeats } from './seats/delete-seats.js';

const Outcome = z.enum(['done', 'stopped', 'failed']).catch('failed');

/**
 * The study is over: keys, seats, shares, sealed contributions and older states are deleted, and nothing of it can be opened here any
 * more. The final state, the bundle and this site's own results stay.
 */
export function endStudy(state: SiteState, study: StudyHash, outcome: string): void {
  const folder = studyPath(state.layout, study);
  if (isEnded(state, study)) return;
  if (existsSync(folder)) {
    deleteKeys(folder);
    deleteRoundFiles(folder, Number.MAX_SAFE_INTEGER);
    const last = latestState(state, study)?.round;
    for (const file of readdirSync(folder))
      if (/^state-\d+$/.test(file) && file !== `state-${last}`) rmSync(join(folder, file), { force: true });
  }
  deleteAllSeats(state, study);
  state.database.prepare('INSERT OR IGNORE INTO study_end (study, outcome) VALUES (?, ?)').run(study, Outcome.parse(outcome));
}

/** How a study ended at this site, as the coordinator said; undefined while it goes on. */
export function studyOutcome(state: SiteState, study: StudyHash): 'done' | 'stopped' | 'failed' | undefined {
  const row = state.database.prepare('SELECT outcome FROM study_end WHERE study = ?').get(study);
  return row === undefined ? undefined : Outcome.parse(row['outcome']);
}

function isEnded(state: SiteState, study: StudyHash): boolean {
  return studyOutcome(state, study) !== undefined;
}
