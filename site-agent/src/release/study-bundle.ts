import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle, decodeState } from '@consilium/learning';
import { sha256Hex } from '@consilium/protocol';
import { stateOfRound } from '../rounds/applied-states.js';
import { givenWeights, readState } from '../rounds/own-state.js';
import { totalsOfRound } from '../rounds/signed-metrics.js';
import { siteRefused } from '../rounds/site-refused.js';
import type { StudyAtSite } from '../rounds/study-at-site.js';
import { writePrivateFile } from '../state/index.js';

/** The final model as this site holds it, whether or not it is ever released. */
export interface StudyBundle {
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export const bundlePath = (folder: string): string => join(folder, 'bundle.json');

/**
 * The bundle of the state after `round`, written once. Every site that holds the same state and signed the same totals
 * writes the same bytes.
 * @throws SiteRefused OUT_OF_STEP where this site is not at that round
 */
export function studyBundle(at: StudyAtSite, round: number): StudyBundle {
  const applied = stateOfRound(at.state, at.hash, round);
  if (!applied) throw siteRefused('OUT_OF_STEP', {}, new Error(`this site does not hold the state of round ${round}`));
  const path = bundlePath(at.folder);
  if (!existsSync(path)) writePrivateFile(path, buildFrom(at, round, readState(at, applied)));
  const bytes = readFileSync(path);
  return { path, bytes: bytes.length, sha256: sha256Hex(bytes) };
}

function buildFrom(at: StudyAtSite, round: number, encoded: Uint8Array): Buffer {
  // The last round only evaluates: the weights are those of the last training round.
  const { rounds } = at.study.algorithm;
  return buildBundle({
    study: at.study,
    studyHash: at.hash,
    state: decodeState(encoded, at.study),
    given: givenWeights(at),
    round: Math.min(round, rounds),
    totals: totalsOfRound(at.state, at.hash, round) ?? {},
  });
}
