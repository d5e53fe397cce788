import type { KeyObject } from 'node:crypto';
import { ConsiliumError, type StudyHash } from '@consilium/protocol';
import { knownOfficerKey, sendDecision, signDecision, whatStaysSpent, type StaysSpent } from '../approval/index.js';
import { spentBudget } from '../ledger/index.js';
import { findApproval } from '../state/index.js';
import { keptForLater } from './kept-for-later.js';
import type { MemberWork } from './member-work.js';
import { populationOf } from './population-of.js';

/** A study at this site that somebody decides on, perhaps with an officer's key. */
export interface StudyDecision {
  readonly hash: StudyHash;
  readonly key: KeyObject | undefined;
  readonly signal: AbortSignal;
}

/**
 * Ends an approval from the next step on. Anybody at the site may.
 * @param confirmed - what it throws ends everything before anything is signed
 * @throws ConsiliumError NOT_APPROVED, OFFICER_UNKNOWN; with the decision kept, what the coordinator answered
 */
export async function withdrawStudy(
  { state, config, keys, connection }: MemberWork,
  { hash, key, signal }: StudyDecision,
  confirmed: () => void | Promise<void>,
): Promise<{ readonly signedAt: string; readonly spent: StaysSpent }> {
  if (findApproval(state, hash) === undefined)
    throw new ConsiliumError({
      code: 'NOT_APPROVED',
      errorClass: 'refused',
      message: 'This site has not approved that study.',
      fix: 'There is nothing to withdraw.',
    });
  const officer = key && knownOfficerKey(key, config.officers);
  await confirmed();
  const { signedAt } = signDecision(
    state,
    { site: keys, officer, population: populationOf(state, config, hash) },
    { study: hash, decision: 'withdraw', release: 'ask', until: null, epsilonLimit: null },
    new Date(),
  );
  const spent = whatStaysSpent(state, hash, await spentBudget(state, config, hash));
  await sendDecision(state, connection, hash, { signal }).catch(keptForLater);
  return { signedAt, spent };
}
