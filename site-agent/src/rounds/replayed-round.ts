import type { StudyHash } from '@consilium/protocol';
import type { SiteState } from '../state/index.js';
import type { AttemptPlace } from './attempts.js';
import { SUM_CHECK } from './agreements.js';
import { siteRefused } from './site-refused.js';

/**
 * A round whose sum this site has helped to open, or has applied, is over under those keys: no honest coordinator asks
 * for another attempt of it (PROTOCOL.md section 4, "One release per round"), since only a failed sum check repeats it,
 * under new keys. Refused before anything is paid for, drawn or taken back.
 * @throws SiteRefused RELEASED
 */
export function refuseReplay(state: SiteState, study: StudyHash, { round, attempt, keyEpoch }: AttemptPlace): void {
  const over = state.database
    .prepare(
      `SELECT attempt FROM study_release WHERE study = :study AND round = :round AND attempt <> :attempt AND key_epoch >= :keyEpoch
       UNION
       SELECT attempt FROM study_agreement
       WHERE study = :study AND round = :round AND attempt <> :attempt AND key_epoch >= :keyEpoch AND state_hmac <> :failed`,
    )
    .get({ study, round, attempt, keyEpoch, failed: SUM_CHECK });
  if (over) throw siteRefused('RELEASED', {}, new Error(`round ${round} was opened in attempt ${String(over['attempt'])}`));
}
