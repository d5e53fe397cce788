import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeState, encodeState, initialState } from '@consilium/learning';
import { layerTensors, parameterCount, sha256Hex } from '@consilium/protocol';
import { writePrivateFile } from '../state/index.js';
import { latestState, saveState, type AppliedState } from './applied-states.js';
import { startingWeightsOf } from '../training/starting-file.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';

/** Two rounds are enough: the last one, and the one before until t sites have agreed on the last. */
const ROUNDS_KEPT = 2;

export const stateFile = (folder: string, round: number): string => join(folder, `state-${round}`);

/** The state that this site holds now; a study that begins here begins with the initial state, as round 0. */
export function currentState(at: StudyAtSite): AppliedState {
  const latest = latestState(at.state, at.hash);
  if (latest) return latest;
  return keepState(at, 0, 0, encodeState(initialState(at.study, givenWeights(at))));
}

/**
 * Where every weight of this study began, where it starts from given weights: read once, and kept beside the states.
 * @throws SiteRefused WEIGHTS
 */
export function givenWeights(at: StudyAtSite): Float64Array | undefined {
  if (!at.study.model.start) return undefined;
  const path = join(at.folder, 'start');
  if (existsSync(path)) {
    const bytes = Uint8Array.from(readFileSync(path));
    if (bytes.length !== parameterCount(at.study.derived.layers.flatMap(layerTensors)) * 8)
      throw siteRefused('OUT_OF_STEP', {}, new Error('the weights that this study started from are not the ones that were kept'));
    return new Float64Array(bytes.buffer);
  }
  const given = startingWeightsOf(at.study, at.weights);
  if (given) writePrivateFile(path, new Uint8Array(given.buffer));
  return given;
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
