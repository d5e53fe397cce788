import { abortSigners } from '@consilium/ledger';
import type { SiteName } from '@consilium/protocol';
import type { Abort, StudyState } from './study-state.js';

/**
 * The round in which a private study ends without its sum: sites have paid for it, and get the price back once enough of
 * them have bound themselves never to release it (PROTOCOL.md section 7, "Spent means uploaded").
 * @returns nothing where no attempt of it was made, or so many have released that no certificate can be had
 */
export function abortAtEnd({ study, activity, rounds, failures }: StudyState): Abort | undefined {
  const { mode } = study.privacy;
  if (mode !== 'patient/distributed' && mode !== 'patient/local') return undefined;
  if (activity.phase !== 'keys' && activity.phase !== 'waiting' && activity.phase !== 'round') return undefined;
  const round = rounds.length + 1;
  const failed = failures.filter((failure) => failure.round === round);
  const attempt = activity.phase === 'round' ? activity.attempt : undefined;
  if (failed.length === 0 && attempt === undefined) return undefined;
  const now = attempt?.phase === 'closed' || attempt?.phase === 'folded' ? [...attempt.releases.keys()] : [];
  const released = [...new Set([...failed.flatMap((failure) => failure.released), ...now])];
  const { n } = study.derived.thresholds;
  if (n - released.length < abortSigners(study.derived.thresholds)) return undefined;
  return { round, released, signatures: new Map(), refused: new Set() };
}

/** Whether the certificate is whole: every site gets it with the end of the study. */
export function isAborted({ study }: Pick<StudyState, 'study'>, { signatures }: Abort): boolean {
  return signatures.size >= abortSigners(study.derived.thresholds);
}

/** Whether a site is still asked for its word. */
export function isAskedToAbort(state: Pick<StudyState, 'study'>, abort: Abort, site: SiteName): boolean {
  const { released, signatures, refused } = abort;
  return !isAborted(state, abort) && !released.includes(site) && !signatures.has(site) && !refused.has(site);
}
