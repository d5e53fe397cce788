import { attemptTranscript, stateMac } from '@consilium/identity';
import type { AttemptPlace } from './attempts.js';
import type { RoundName } from './contribution-checks.js';
import { findKeys, latestEpoch, type EpochKeys } from './key-epochs.js';
import type { ParticipantSeat } from './seat-material.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';

/** @throws SiteRefused KEY_EPOCH where this site does not hold the keys of that epoch */
export function requireKeys(at: StudyAtSite, keyEpoch: number): EpochKeys {
  const keys = findKeys(at.folder, keyEpoch);
  if (keys) return keys;
  throw siteRefused('KEY_EPOCH', { have: latestEpoch(at.folder)?.toString() ?? 'none', need: String(keyEpoch) });
}

/**
 * The keys of an epoch for what begins under it: seats and contributions. A key under which a sum has failed its check is
 * lost (PROTOCOL.md section 1), so no epoch comes back once this site holds the keys of a later one.
 * @throws SiteRefused KEY_EPOCH
 */
export function requireNewestKeys(at: StudyAtSite, keyEpoch: number): EpochKeys {
  const keys = requireKeys(at, keyEpoch);
  const newest = latestEpoch(at.folder);
  if (newest === keyEpoch) return keys;
  throw siteRefused('KEY_EPOCH', { have: String(newest), need: String(keyEpoch) });
}

/**
 * T of an attempt (PROTOCOL.md section 4, step 3), 32 bytes. It is bound to the state before the round: masks of sites
 * that differ in model, participants or seats do not cancel, and their contributions do not pass for a sum.
 * @param seats - of all participants, in the order of the study
 * @param digest - of this site's own state before the round, hex
 */
export function transcriptOf(
  at: StudyAtSite,
  keys: EpochKeys,
  { keyEpoch, round, attempt, block, seat }: AttemptPlace,
  kind: RoundName,
  seats: readonly ParticipantSeat[],
  digest: string,
): Buffer {
  const state = stateMac(keys.studyKey, Buffer.from(digest, 'hex')).toString('hex');
  const participants = seats.map(({ site, seats: seatsHash, shares }) => ({ site, seats: seatsHash, shares }));
  return attemptTranscript({ consortium: at.consortium, study: at.hash, keyEpoch, round, attempt, kind, block, seat, participants, state });
}
