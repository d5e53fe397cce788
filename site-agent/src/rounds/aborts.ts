import type { StudyHash } from '@consilium/protocol';
import type { SiteState } from '../state/index.js';
import { siteRefused } from './site-refused.js';

/**
 * Binds this site never to release a round, in any attempt (PROTOCOL.md section 7, "Spent means uploaded"); durable when it
 * returns. Doing it again is doing it once.
 * @throws SiteRefused RELEASED where it has released shares in an attempt of the round
 */
export function bindAbort(state: SiteState, study: StudyHash, round: number): void {
  state.transaction(() => {
    const released = state.database.prepare('SELECT attempt FROM study_release WHERE study = ? AND round = ?').get(study, round);
    if (released !== undefined)
      throw siteRefused('RELEASED', {}, new Error(`shares were released in attempt ${round}.${String(released['attempt'])}`));
    state.database.prepare('INSERT OR IGNORE INTO study_abort (study, round) VALUES (?, ?)').run(study, round);
  });
}

/** @throws SiteRefused ROUND_ABORTED where this site has bound itself never to release the round */
export function requireNotAborted(state: SiteState, study: StudyHash, round: number): void {
  if (state.database.prepare('SELECT 1 FROM study_abort WHERE study = ? AND round = ?').get(study, round) !== undefined)
    throw siteRefused('ROUND_ABORTED');
}
