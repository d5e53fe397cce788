import { randomBytes } from 'node:crypto';
import type { MakeKeys } from '@consilium/protocol/wire';
import { generateBfvKey } from '@consilium/sealed-sum';
import { ask } from './ask-coordinator.js';
import { confirmKeys } from './confirm-keys.js';
import { findKeys, saveKeys, type EpochKeys } from './key-epochs.js';
import { sealKeys } from './seal-keys.js';
import type { StudyAtSite } from './study-at-site.js';
import { fixRoster, studyMembers } from './study-members.js';

/**
 * The steward's part (PROTOCOL.md section 4, "Keys of a study"): draws the study key and the BFV key, keeps them, and
 * only then seals them to each other site. Asked again it seals the same keys, so an epoch has one pair of keys.
 */
export async function makeKeys(at: StudyAtSite, { keyEpoch, rosterEpoch }: MakeKeys, signal: AbortSignal): Promise<void> {
  fixRoster(at.state, at.hash, at.study, rosterEpoch);
  const members = studyMembers(at.state, at.hash, at.study);
  const keys = findKeys(at.folder, keyEpoch) ?? (await drawKeys(at.folder, keyEpoch));
  const others = [...members.values()].filter(({ site }) => site !== at.name);
  const boxes = [];
  for (const member of others) {
    if (signal.aborted) return;
    boxes.push(await sealKeys(at, keyEpoch, keys, member));
  }
  await ask(at.connection.relay.post, { study: at.hash, keyEpoch, boxes }, signal);
  await confirmKeys(at, keyEpoch, keys, signal);
}

async function drawKeys(folder: string, keyEpoch: number): Promise<EpochKeys> {
  const keys = { studyKey: randomBytes(32), bfvKey: await generateBfvKey() };
  saveKeys(folder, keyEpoch, keys);
  return keys;
}
