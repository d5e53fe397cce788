import { ConsiliumError, type Statement, type StudyHash } from '@consilium/protocol';
import { knownOfficerKey, requireOfficerKey, sendDecision, signPause, whatStaysSpent, type StaysSpent } from '../approval/index.js';
import { spentBudget } from '../ledger/index.js';
import { findApproval, findPause, type SiteState } from '../state/index.js';
import { keptForLater } from './kept-for-later.js';
import type { MemberWork } from './member-work.js';
import { populationOf } from './population-of.js';
import type { StudyDecision } from './withdraw-study.js';

export interface GivenPause {
  readonly by: Statement<'pause'>['by'];
  readonly signedAt: string;
  /** Whether it had been paused before, by somebody whose word is at least as strong. */
  readonly kept: boolean;
  readonly spent: StaysSpent;
}

/**
 * Lets this site rest from the next step on. What an officer paused is not turned into something that anybody may resume.
 * @throws ConsiliumError NOT_APPROVED, OFFICER_UNKNOWN; with the decision kept, what the coordinator answered
 */
export async function pauseStudy(
  { state, config, keys, connection }: MemberWork,
  { hash, key, signal }: StudyDecision,
): Promise<GivenPause> {
  requireApproved(state, hash);
  const officer = key && knownOfficerKey(key, config.officers);
  const before = findPause(state, hash)?.statement;
  const kept = before && (before.by === 'officer' || !officer);
  const signers = { site: keys, officer, population: populationOf(state, config, hash) };
  const { by, signedAt } = kept ? before : signPause(state, signers, { study: hash, decision: 'pause' }, new Date());
  const spent = whatStaysSpent(state, hash, await spentBudget(state, config, hash));
  await sendDecision(state, connection, hash, { signal }).catch(keptForLater);
  return { by, signedAt, kept: kept === true, spent };
}

/**
 * Takes part again, from the next round on; with an officer's key where an officer paused.
 * @returns whether it was paused
 * @throws ConsiliumError NOT_APPROVED, OFFICER_KEY_NEEDED, OFFICER_UNKNOWN; with the decision kept, what the coordinator answered
 */
export async function resumeStudy({ state, config, keys, connection }: MemberWork, { hash, key, signal }: StudyDecision): Promise<boolean> {
  requireApproved(state, hash);
  const paused = findPause(state, hash)?.statement;
  const officer = paused?.by === 'officer' ? requireOfficerKey(key, config.officers) : key && knownOfficerKey(key, config.officers);
  const signers = { site: keys, officer, population: populationOf(state, config, hash) };
  if (paused) signPause(state, signers, { study: hash, decision: 'resume' }, new Date());
  await sendDecision(state, connection, hash, { signal }).catch(keptForLater);
  return paused !== undefined;
}

function requireApproved(state: SiteState, hash: StudyHash): void {
  if (findApproval(state, hash)?.statement.decision === 'approve') return;
  throw new ConsiliumError({
    code: 'NOT_APPROVED',
    errorClass: 'refused',
    message: 'This site does not take part in that study.',
    fix: 'There is nothing to pause or to resume; see: consilium-site study list',
  });
}
