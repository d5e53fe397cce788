import { bundleMac } from '@consilium/identity';
import type { Vote } from '@consilium/protocol/wire';
import { stateOfRound } from '../rounds/applied-states.js';
import { ask } from '../rounds/ask-coordinator.js';
import { requireKeys } from '../rounds/attempt-keys.js';
import { latestEpoch } from '../rounds/key-epochs.js';
import { stateHmac } from '../rounds/signed-state.js';
import { siteRefused } from '../rounds/site-refused.js';
import type { StudyAtSite } from '../rounds/study-at-site.js';
import { pause } from '../session/pause.js';
import { findVote } from '../state/index.js';
import { studyBundle } from './study-bundle.js';

/** How often the vote that an officer may give by the command line is looked for. */
const LOOK_MS = 1_000;

/**
 * Says whether this site hands the final model over: as the approval allowed in advance, or as an officer decides now
 * (`consilium-site study release HASH [--refuse]`), for as long as it takes. A refusal on the command line comes before
 * what was approved in advance.
 */
export async function vote(at: StudyAtSite, { round }: Vote, signal: AbortSignal): Promise<void> {
  const bundle = studyBundle(at, round);
  const said = await decision(at, signal);
  if (!said) return;
  const applied = stateOfRound(at.state, at.hash, round);
  if (!applied) throw siteRefused('OUT_OF_STEP');
  const keys = requireKeys(at, latestEpoch(at.folder) ?? 0);
  const { json, signature } = at.sign('release', {
    consortium: at.consortium,
    study: at.hash,
    site: at.name,
    round,
    stateHmac: stateHmac(keys, applied),
    bundleHmac: bundleMac(keys.studyKey, Buffer.from(bundle.sha256, 'hex')).toString('hex'),
    vote: said,
  });
  await ask(at.connection.release.sign, { statement: json, signature }, signal);
}

/** @returns undefined when the assignment changed before anybody decided */
async function decision(at: StudyAtSite, signal: AbortSignal): Promise<'yes' | 'no' | undefined> {
  while (!signal.aborted) {
    const found = findVote(at.state, at.hash);
    if (found) return found.vote;
    if (at.releaseInAdvance) return 'yes';
    await pause(LOOK_MS, signal);
  }
  return undefined;
}
