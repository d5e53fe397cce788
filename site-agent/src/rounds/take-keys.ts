import { SiteName } from '@consilium/protocol';
import type { SealedBox, TakeKeys } from '@consilium/protocol/wire';
import { retryDelays } from '../connection/index.js';
import { pause } from '../session/pause.js';
import { ask } from './ask-coordinator.js';
import { confirmKeys } from './confirm-keys.js';
import { findKeys, saveKeys } from './key-epochs.js';
import { openKeys } from './seal-keys.js';
import type { StudyAtSite } from './study-at-site.js';
import { fixRoster, studyMembers, verifierOf } from './study-members.js';

/** The steward seals for a moment only; after that its box is worth a look every few seconds. */
const LOOK_AGAIN = { firstMs: 50, maxMs: 3_000 };

/**
 * Every other site's part (PROTOCOL.md section 4, "Keys of a study"): takes its box from the relay as soon as it is
 * there, checks that the steward signed it, opens and keeps the keys, and only then says that it has them.
 */
export async function takeKeys(at: StudyAtSite, { keyEpoch, steward, rosterEpoch }: TakeKeys, signal: AbortSignal): Promise<void> {
  fixRoster(at.state, at.hash, at.study, rosterEpoch);
  const held = findKeys(at.folder, keyEpoch);
  if (held) return confirmKeys(at, keyEpoch, held, signal);
  const from = SiteName.parse(steward);
  const members = studyMembers(at.state, at.hash, at.study);
  const box = await waitForBox(at, keyEpoch, from, signal);
  if (!box) return;
  const keys = await openKeys(at, keyEpoch, from, box, verifierOf(members));
  saveKeys(at.folder, keyEpoch, keys);
  await confirmKeys(at, keyEpoch, keys, signal);
}

/** @returns undefined when the assignment has changed meanwhile */
async function waitForBox(at: StudyAtSite, keyEpoch: number, steward: SiteName, signal: AbortSignal): Promise<SealedBox | undefined> {
  for (const wait of retryDelays(LOOK_AGAIN)) {
    const { boxes } = await ask(at.connection.relay.take, { study: at.hash, keyEpoch }, signal);
    const box = boxes.find(({ from, to }) => from === steward && to === at.name);
    if (box) return box;
    await pause(wait, signal);
    if (signal.aborted) return undefined;
  }
  return undefined;
}
