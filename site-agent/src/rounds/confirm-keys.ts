import { haveMac } from '@consilium/identity';
import { ask } from './ask-coordinator.js';
import { bfvKeyDigest, type EpochKeys } from './key-epochs.js';
import { currentState } from './own-state.js';
import { signedState, stateHmac } from './signed-state.js';
import type { StudyAtSite } from './study-at-site.js';

/** Says that this site holds the keys of an epoch, and which state it is at, both under the new key. */
export async function confirmKeys(at: StudyAtSite, keyEpoch: number, keys: EpochKeys, signal: AbortSignal): Promise<void> {
  const applied = currentState(at);
  const { round, attempt } = applied;
  await ask(
    at.connection.round.confirm,
    {
      study: at.hash,
      keyEpoch,
      have: haveMac(keys.studyKey, keyEpoch, bfvKeyDigest(keys)),
      state: signedState(at, { round, attempt, keyEpoch, stateHmac: stateHmac(keys, applied) }),
    },
    signal,
  );
}
