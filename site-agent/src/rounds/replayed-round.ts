import type { StudyHash } from '@consilium/protocol';
import type { SiteState } from '../state/index.js';
import type { AttemptPlace } from './attempts.js';
import { SUM_CHECK } from './agreements.js';
import { siteRefused } from './site-refused.js';

/**
 * A round whose sum this site has applied is over under those keys, and its integers are deleted: another attempt would
 * draw and pay anew, and take the step back, on signatures that were genuine before the round. No honest coordinator
 * asks for it: only a failed sum check repeats a round, under new keys (PROTOCOL.md section 4, "One release per round").
 * @throws SiteRefused RELEASED
 */
export function refuseReplay(state: SiteState, study: StudyHash, { round, attempt, keyEpoch }: AttemptPlace): void {
  const over = state.database
    .prepare('SELECT attempt FROM study_agreement WHERE study = ? AND round = ? AND attempt <> ? AND key_epoch >= ? AND state_hmac <> ?')
    .get(study, round, attempt, keyEpoch, SUM_CHECK);
  if (over) throw siteRefused('RELEASED', {}, new Error(`round ${round} was applied in attempt ${String(over['attempt'])}`));
}
