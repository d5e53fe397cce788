import type { StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../state/index.js';

/** What this site answered about one attempt of a round. */
export interface Agreement {
  readonly round: number;
  readonly attempt: number;
  readonly keyEpoch: number;
  /** HMAC of the state after the round, hex, or the word that the sum check failed. */
  readonly stateHmac: string;
}

export const SUM_CHECK = 'SUM_CHECK';

const Row = z
  .object({ round: z.number(), attempt: z.number(), key_epoch: z.number(), state_hmac: z.string() })
  .transform(({ key_epoch: keyEpoch, state_hmac: stateHmac, ...row }): Agreement => ({ ...row, keyEpoch, stateHmac }));

export function findAgreement(state: SiteState, study: StudyHash, round: number, attempt: number): Agreement | undefined {
  const row = state.database
    .prepare('SELECT * FROM study_agreement WHERE study = ? AND round = ? AND attempt = ?')
    .get(study, round, attempt);
  return row === undefined ? undefined : Row.parse(row);
}

/** Written before it is sent; the first answer stays. */
export function saveAgreement(state: SiteState, study: StudyHash, { round, attempt, keyEpoch, stateHmac }: Agreement): void {
  state.database
    .prepare('INSERT OR IGNORE INTO study_agreement (study, round, attempt, key_epoch, state_hmac) VALUES (?, ?, ?, ?, ?)')
    .run(study, round, attempt, keyEpoch, stateHmac);
}
