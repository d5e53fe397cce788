import { attemptTranscript, checkKey, stateMac } from '@consilium/identity';
import type { RoundName } from './contribution-checks.js';
import { findKeys, latestEpoch, type EpochKeys } from './key-epochs.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';

/** One try at a round, as all its participants must see it. */
export interface AttemptName {
  readonly keyEpoch: number;
  readonly round: number;
  readonly attempt: number;
  readonly name: RoundName;
  /** Who was asked, in the study's order. */
  readonly participants: readonly string[];
}

/** @throws SiteRefused KEY_EPOCH where this site does not hold the keys of that epoch */
export function requireKeys(at: StudyAtSite, keyEpoch: number): EpochKeys {
  const keys = findKeys(at.folder, keyEpoch);
  if (keys) return keys;
  throw siteRefused('KEY_EPOCH', { have: latestEpoch(at.folder)?.toString() ?? 'none', need: String(keyEpoch) });
}

/**
 * The key of the check values of an attempt. It is bound to T, and so to the state before the round: contributions of
 * sites that differ in anything do not pass for a sum (PROTOCOL.md section 4, steps 3 and 8).
 * @param digest - of the state before the round, hex
 */
export function attemptCheckKey(at: StudyAtSite, keys: EpochKeys, attempt: AttemptName, digest: string): Buffer {
  const { name: kind, participants, keyEpoch, round, attempt: number } = attempt;
  const state = stateMac(keys.studyKey, Buffer.from(digest, 'hex')).toString('hex');
  const transcript = attemptTranscript({
    consortium: at.consortium,
    study: at.hash,
    keyEpoch,
    round,
    attempt: number,
    kind,
    participants,
    state,
  });
  return checkKey(keys.studyKey, transcript);
}
