import type { StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from './site-state.js';

/** What the site said to the release of a study's model. The running agent signs and sends it when it is asked. */
export interface StoredVote {
  readonly vote: 'yes' | 'no';
  readonly decidedAt: string;
}

const Row = z.object({ vote: z.enum(['yes', 'no']), decided_at: z.string() });

export function saveVote(state: SiteState, study: StudyHash, vote: 'yes' | 'no'): void {
  state.database
    .prepare('INSERT OR REPLACE INTO vote (study, vote, decided_at) VALUES (?, ?, ?)')
    .run(study, vote, new Date().toISOString());
}

export function findVote(state: SiteState, study: StudyHash): StoredVote | undefined {
  const row = state.database.prepare('SELECT vote, decided_at FROM vote WHERE study = ?').get(study);
  if (row === undefined) return undefined;
  const { vote, decided_at: decidedAt } = Row.parse(row);
  return { vote, decidedAt };
}
