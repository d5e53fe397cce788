import { ConsiliumError, type SiteName, type Statement } from '@consilium/protocol';
import type { Apply, SignFold } from '@consilium/protocol/wire';
import { ask } from './ask-coordinator.js';
import { fixFold, fixList } from './attempts.js';
import { checkList, contextOf, standsBy, type ClosedList } from './closed-list.js';
import { heldSeats } from './seat-material.js';
import type { StudyAtSite } from './study-at-site.js';
import { requireRemembered } from './witnesses/restored.js';

export const foldRefused = (message: string) =>
  new ConsiliumError({
    code: 'FOLD_REFUSED',
    errorClass: 'verification',
    message,
    fix: "The sum is not opened; ask the coordinator's admin how it came about.",
  });

/** @throws ConsiliumError FOLD_REFUSED for a sum that does not have the study's length */
export function foldStatement(
  at: StudyAtSite,
  { place, name, root }: ClosedList,
  fold: Pick<Apply, 'foldBytes' | 'foldSha256'>,
  site: SiteName,
): Statement<'fold'> {
  const { foldBytes } = at.study.derived.sums[name];
  if (fold.foldBytes !== BigInt(foldBytes) || fold.foldSha256.length !== 32) throw foldRefused("The sum does not have the study's length.");
  return { ...contextOf(at, place), site, root, bytes: foldBytes, sha256: fold.foldSha256.toString('hex') };
}

/**
 * Step 7 of PROTOCOL.md section 4: signs the digest of the sum, one an attempt. Nobody opens a sum whose digest t sites
 * have not signed, so a coordinator cannot try out altered ones.
 */
export async function signFold(at: StudyAtSite, task: SignFold, signal: AbortSignal): Promise<void> {
  const { list } = task;
  if (!list) throw foldRefused('A sum was announced without the list of its contributors.');
  requireRemembered(at.state, at.hash, list);
  const closed = checkList(at, list, (place) => heldSeats(at, place, list.participants));
  if (signal.aborted) return;
  const statement = foldStatement(at, closed, task, at.name);
  at.state.transaction(() => {
    fixList(at.state, at.hash, closed.place, standsBy(closed));
    fixFold(at.state, at.hash, closed.place, statement.sha256);
  });
  const { signature } = at.sign('fold', statement);
  const { round, attempt } = closed.place;
  await ask(at.connection.round.signFold, { study: at.hash, round, attempt, signature }, signal);
}
