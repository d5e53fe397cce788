import { stateMac } from '@consilium/identity';
import type { SignedState } from '@consilium/protocol/wire';
import { SUM_CHECK, type Agreement } from './agreements.js';
import type { AppliedState } from './applied-states.js';
import type { EpochKeys } from './key-epochs.js';
import type { StudyAtSite } from './study-at-site.js';

/** HMAC of a state under the study key, 64 hex digits. */
export function stateHmac(keys: EpochKeys, { digest }: AppliedState): string {
  return stateMac(keys.studyKey, Buffer.from(digest, 'hex')).toString('hex');
}

/** This site's signed word on a state, or on a sum check that failed (PROTOCOL.md section 4, step 9). */
export function signedState(at: StudyAtSite, { round, attempt, keyEpoch, stateHmac: hmac }: Agreement): SignedState {
  const { signature } = at.sign('state', {
    consortium: at.consortium,
    study: at.hash,
    site: at.name,
    keyEpoch,
    round,
    attempt,
    stateHmac: hmac,
  });
  return {
    site: at.name,
    keyEpoch,
    round,
    attempt,
    stateHmac: hmac === SUM_CHECK ? Buffer.alloc(0) : Buffer.from(hmac, 'hex'),
    signature,
  };
}
