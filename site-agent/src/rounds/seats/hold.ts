import { isDeepStrictEqual } from 'node:util';
import type { SiteName } from '@consilium/protocol';
import type { HoldShares, SealedBox } from '@consilium/protocol/wire';
import { ask } from '../ask-coordinator.js';
import { siteRefused } from '../site-refused.js';
import type { StudyAtSite } from '../study-at-site.js';
import { studyMembers, verifierOf, type VerifyStatement } from '../study-members.js';
import { requireRemembered } from '../witnesses/restored.js';
import { findBlock, saveHeld, type StoredBlock } from './blocks.js';
import { bundleHash, bySeat, SEAT_SHARE_BYTES } from './bundles.js';
import { checkAdverts, checkRoots } from './check-members.js';
import type { BlockName } from './seat-secrets.js';
import { openBundle } from './share-boxes.js';

/**
 * Step 2 of PROTOCOL.md section 4, at the other end: takes this site's box of every member of U2, checks it against the
 * hash that its sender signed, keeps the shares, and only then acknowledges them.
 * @throws SiteRefused SHARE_MISSING or SHARE_INVALID, naming the sender
 */
export async function hold(at: StudyAtSite, task: HoldShares, signal: AbortSignal): Promise<void> {
  const { keyEpoch, block } = task;
  requireRemembered(at.state, at.hash, { block });
  const name: BlockName = { study: at.hash, keyEpoch, block };
  const stored = findBlock(at.state, name);
  if (!stored?.held) await take(at, name, task, stored, signal);
  else if (!isDeepStrictEqual(stored.held, task)) throw siteRefused('SEAT_USED');
  if (signal.aborted) return;
  const senders = task.roots.map(({ site }) => site).filter((site) => site !== at.name);
  await ask(at.connection.round.acknowledge, { study: at.hash, keyEpoch, block, senders }, signal);
}

async function take(
  at: StudyAtSite,
  name: BlockName,
  task: HoldShares,
  stored: StoredBlock | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { keyEpoch, block } = name;
  const verify = verifierOf(studyMembers(at.state, at.hash, at.study));
  const rules = { consortium: at.consortium, study: at.hash, resolved: at.study, keyEpoch, block };
  const seats = stored?.seats ?? 0;
  const members = checkAdverts(task.adverts, seats, rules, verify);
  const senders = checkRoots(task.roots, members, rules, verify);
  // This site dealt its shares over one U1; over another they would be shares of something else.
  if (!stored?.shared || !isDeepStrictEqual(stored.shared.members.adverts, task.adverts)) throw siteRefused('SEAT_USED');
  const { boxes } = await ask(at.connection.relay.take, { study: at.hash, keyEpoch, block }, signal);
  const place = members.indexOf(at.name);
  const bundles: Uint8Array[] = [];
  for (const [index, from] of senders.entries()) {
    const bundle = from === at.name ? stored.shared.ownBundle : await bundleOf(at, name, from, boxes, verify);
    const signed = task.roots[index]?.shareHashes[place];
    if (bundle.length !== seats * SEAT_SHARE_BYTES || !signed?.equals(bundleHash(bundle))) throw siteRefused('SHARE_INVALID', { from });
    bundles.push(bundle);
  }
  if (!signal.aborted) saveHeld(at.state, name, task, bySeat(bundles, seats));
}

async function bundleOf(
  at: StudyAtSite,
  name: BlockName,
  from: SiteName,
  boxes: readonly SealedBox[],
  verify: VerifyStatement,
): Promise<Buffer> {
  const box = boxes.find((candidate) => candidate.from === from && candidate.to === at.name);
  if (!box) throw siteRefused('SHARE_MISSING', { from });
  return openBundle(at, name, from, box, verify);
}
