import type { SignList } from '@consilium/protocol/wire';
import { requireNotAborted } from './aborts.js';
import { ask } from './ask-coordinator.js';
import { fixList } from './attempts.js';
import { checkList, listStatement, standsBy } from './closed-list.js';
import { heldSeats } from './seat-material.js';
import type { StudyAtSite } from './study-at-site.js';
import { hear, STEPS } from './witnesses/heard.js';
import { requireRemembered } from './witnesses/restored.js';

/**
 * Step 5 of PROTOCOL.md section 4: checks the closed list and signs it. A site signs one list an attempt, for ever: it is
 * on disk before the signature leaves.
 */
export async function signList(at: StudyAtSite, task: SignList, signal: AbortSignal): Promise<void> {
  requireRemembered(at.state, at.hash, task);
  requireNotAborted(at.state, at.hash, task.round);
  const list = checkList(at, task, (place) => heldSeats(at, place, task.participants));
  if (signal.aborted) return;
  at.state.transaction(() => {
    fixList(at.state, at.hash, list.place, standsBy(list));
    const contributors = list.contributors.map(({ site }) => site);
    hear(at.state, at.hash, contributors, { ...task, step: STEPS.upload });
  });
  const { signature } = at.sign('list', listStatement(at, list, at.name));
  const { round, attempt } = list.place;
  await ask(at.connection.round.signList, { study: at.hash, round, attempt, signature }, signal);
}
