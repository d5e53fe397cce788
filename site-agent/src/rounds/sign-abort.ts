import type { SignAbort } from '@consilium/protocol/wire';
import { bindAbort } from './aborts.js';
import { ask } from './ask-coordinator.js';
import { checkFirstRound } from './seats/check-members.js';
import type { StudyAtSite } from './study-at-site.js';
import { requireRemembered } from './witnesses/restored.js';

/** Of no block: only the round counts. */
const ANY_BLOCK = Number.MAX_SAFE_INTEGER;

/**
 * A round that ended without a sum: this site did not release it, and from here on never will, so that with n − t + 1 + c
 * such words its price comes back at every site (PROTOCOL.md section 7). It binds itself before it signs; asked again it
 * signs the same. A site that has forgotten what it did in the round signs nothing.
 * @throws SiteRefused RELEASED, STATE_RESTORED
 */
export async function signAbort(at: StudyAtSite, { round }: SignAbort, signal: AbortSignal): Promise<void> {
  checkFirstRound(at.study, round);
  requireRemembered(at.state, at.hash, { block: ANY_BLOCK, round });
  bindAbort(at.state, at.hash, round);
  if (signal.aborted) return;
  await ask(at.connection.round.signAbort, { study: at.hash, round, signature: Buffer.from(at.budgets.signAbort(at, round)) }, signal);
}
