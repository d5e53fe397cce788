import { isDeepStrictEqual } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';
import type { RevealSeed } from '@consilium/protocol/wire';
import { ask } from '../ask-coordinator.js';
import { siteRefused } from '../site-refused.js';
import type { StudyAtSite } from '../study-at-site.js';
import { studyMembers, verifierOf } from '../study-members.js';
import { requireRemembered } from '../witnesses/restored.js';
import { findBlock, revealedInVain, saveRevealed } from './blocks.js';
import { checkAdverts } from './check-members.js';
import type { BlockName } from './seat-secrets.js';

/** Each block that comes to nothing once its seed is known is a try at another graph; so many cost 4 of the 40 bits. */
const MOST_IN_VAIN = 16;

const tooManyTries = () =>
  new ConsiliumError({
    code: 'SEATS_REFUSED',
    errorClass: 'verification',
    message: `${MOST_IN_VAIN} blocks in a row came to nothing after their mask graph was known.`,
    fix: 'Nothing more is shown in this study; find out who ended them, and propose it anew without that site.',
  });

/**
 * Between steps 1 and 2 of PROTOCOL.md section 4, in a block too large for a complete graph: shows this site's part of the
 * graph's seed to one U1, for ever. Only then do the others learn it, so nobody can choose a U1, or a part, by the graph
 * that it would give.
 * @throws SiteRefused SEAT_USED where it was shown to another U1; ConsiliumError SEATS_REFUSED after too many blocks in vain
 */
export async function revealSeed(at: StudyAtSite, task: RevealSeed, signal: AbortSignal): Promise<void> {
  const { keyEpoch, block } = task;
  requireRemembered(at.state, at.hash, { block });
  const name: BlockName = { study: at.hash, keyEpoch, block };
  const stored = findBlock(at.state, name);
  if (!stored?.seedPart) throw siteRefused('SEAT_USED');
  const rules = { consortium: at.consortium, study: at.hash, resolved: at.study, keyEpoch, block };
  const sites = checkAdverts(task.adverts, stored.seats, rules, verifierOf(studyMembers(at.state, at.hash, at.study)));
  if (!sites.includes(at.name)) throw siteRefused('SEAT_USED');
  if (!stored.revealed && revealedInVain(at.state, at.hash) >= MOST_IN_VAIN) throw tooManyTries();
  if (!stored.revealed) saveRevealed(at.state, name, task);
  else if (!isDeepStrictEqual(stored.revealed, task)) throw siteRefused('SEAT_USED');
  if (signal.aborted) return;
  await ask(at.connection.round.reveal, { study: at.hash, keyEpoch, block, part: Buffer.from(stored.seedPart) }, signal);
}
