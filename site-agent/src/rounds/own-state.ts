import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeState, encodeState, initialState } from '@consilium/learning';
import { sha256Hex } from '@consilium/protocol';
import { writePrivateFile } from '../state/index.js';
import { latestState, saveState, type AppliedState } from './applied-states.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';

/** Two rounds are enough: the last one, and the one before until t sites have agreed on the last. */
const ROUNDS_KEPT = 2;

export const stateFile = (folder: string, round: number): string => join(folder, `state-${round}`);

/** The state that this site holds now; a study that begins here begins with the initial state, as round 0. */
export function currentState(at: StudyAtSite): AppliedState {
  const latest = latestState(at.state, at.hash);
  if (latest) return latest;
  return keepState(at, 0, 0, encodeState(initialState(at.study)));
}

/** Keeps a new state: its bytes first, then the row that makes it the current one. Both are durable when this returns. */
export function keepState(at: StudyAtSite, round: number, attempt: number, encoded: Uint8Array): AppliedState {
  const applied = { round, attempt, digest: sha256Hex(encoded) };
  writePrivateFile(stateFile(at.folder, round), encoded);
  saveState(at.state, at.hash, applied);
  if (round >= ROUNDS_KEPT) rmSync(stateFile(at.folder, round - ROUNDS_KEPT), { force: true });
  return applied;
}

/**
 * The bytes of a state that this site holds.
 * @throws SiteRefused OUT_OF_STEP where the file is gone or is not what was kept
 */
export function readState(at: StudyAtSite, applied: AppliedState): Buffer {
  try {
    const encoded = readFileSync(stateFile(at.folder, applied.round));
    if (sha256Hex(encoded) !== applied.digest) throw new Error('the file of the state is not the one that was kept');
    decodeState(encoded, at.study);
    return encoded;
  } catch (cause) {
    throw siteRefused('OUT_OF_STEP', {}, cause);
  }
}
