import { isDeepStrictEqual } from 'node:util';
import type { SiteName } from '@consilium/protocol';
import type { HoldShares, SealedBox } from '@consilium/protocol/wire';
import { verifyBox } from '@consilium/sealed-sum';
import { ask } from '../ask-coordinator.js';
import { siteRefused } from '../site-refused.js';
import type { StudyAtSite } from '../study-at-site.js';
import { studyMembers, verifierOf, type VerifyStatement } from '../study-members.js';
import { requireRemembered } from '../witnesses/restored.js';
import { findBlock, saveHeld, type StoredBlock } from './blocks.js';
import { SHARES_OF_SEAT, unpackBundle, type Bundle } from './bundles.js';
import { blockGraph, checkAdverts, checkRoots } from './check-members.js';
import { packSeat } from './held-shares.js';
import type { BlockName } from './seat-secrets.js';
import { withoutReserves } from './reserves.js';
import { openBundle } from './share-boxes.js';

/**
 * Step 2 of PROTOCOL.md section 4, at the other end: takes this site's box of every member of U2 whose shares it holds,
 * checks it against the root that its sender signed, keeps the shares, and only then acknowledges them.
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
  const { graph, seed } = blockGraph(task.adverts, task.seedParts, rules);
  const senders = checkRoots(task.roots, members, seed, rules, verify);
  // This site dealt its shares over one U1; over another they would be shares of something else.
  if (!stored?.shared || !isDeepStrictEqual(withoutReserves(stored.shared.members.adverts), task.adverts)) throw siteRefused('SEAT_USED');
  const { boxes } = await ask(at.connection.relay.take, { study: at.hash, keyEpoch, block }, signal);
  const bundles = new Map<SiteName, Bundle>();
  for (const [index, from] of senders.entries()) {
    const holders = graph.holdersOf(from);
    const holder = holders.indexOf(at.name);
    if (holder < 0) continue;
    const bundle = unpackBundle(from === at.name ? stored.shared.ownBundle : await bundleOf(at, name, from, boxes, verify), seats);
    const shape = { holders: holders.length, shares: seats * SHARES_OF_SEAT };
    const root = task.roots[index]?.root ?? Buffer.alloc(0);
    if (!bundle || !verifyBox(bundle.box, holder, bundle.ofBox, root, shape)) throw siteRefused('SHARE_INVALID', { from });
    bundles.set(from, bundle);
  }
  if (signal.aborted) return;
  const rows = Array.from({ length: seats }, (_, seat) => packSeat(bundles, seat));
  saveHeld(at.state, name, task, rows);
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
