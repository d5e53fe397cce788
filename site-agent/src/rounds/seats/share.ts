import { isDeepStrictEqual } from 'node:util';
import { membersDigest, seatsDigest, type SiteName } from '@consilium/protocol';
import type { SeatAdvert, ShareSeats, ShareRequest } from '@consilium/protocol/wire';
import { boxProofs, pairKey, shareRoot, type DealtBoxes } from '@consilium/sealed-sum';
import { ask } from '../ask-coordinator.js';
import { siteRefused } from '../site-refused.js';
import type { StudyAtSite } from '../study-at-site.js';
import { studyMembers, verifierOf, type StudyMembers } from '../study-members.js';
import { hearSeats } from '../witnesses/heard.js';
import { requireRemembered } from '../witnesses/restored.js';
import { findBlock, saveShared, type SharedBlock } from './blocks.js';
import { dealBoxes, packBundle } from './bundles.js';
import { blockGraph, checkAdverts } from './check-members.js';
import { publicSeat, seatsOfBlock, type BlockName, type SeatSecrets } from './seat-secrets.js';
import { sealBundle } from './share-boxes.js';
import { checkReserves, withoutReserves } from './reserves.js';

/**
 * Step 2 of PROTOCOL.md section 4: checks U1, deals the secrets of every seat among its members, and sends each a sealed
 * bundle. Nobody is a member who has not proved its reserve. Shares are kept before they leave and are dealt once: asked again the same bytes go, to the same U1.
 */
export async function share(at: StudyAtSite, task: ShareSeats, signal: AbortSignal): Promise<void> {
  const { keyEpoch, block } = task;
  requireRemembered(at.state, at.hash, { block });
  const name: BlockName = { study: at.hash, keyEpoch, block };
  const stored = findBlock(at.state, name);
  // Then the coordinator had all of it once: one that asks again was restored from a backup.
  if (stored?.held) throw siteRefused('SEAT_USED');
  const shared = stored?.shared ?? (await deal(at, name, task, stored?.seats ?? 0, signal));
  if (!shared || signal.aborted) return;
  // Shares over two different U1 would be twice as many for whoever is in both.
  if (!isDeepStrictEqual(shared.members, task)) throw siteRefused('SEAT_USED');
  await ask(at.connection.round.share, shared.request, signal);
}

async function deal(
  at: StudyAtSite,
  name: BlockName,
  task: ShareSeats,
  seats: number,
  signal: AbortSignal,
): Promise<SharedBlock | undefined> {
  const members = studyMembers(at.state, at.hash, at.study);
  const rules = { consortium: at.consortium, study: at.hash, resolved: at.study, keyEpoch: name.keyEpoch, block: name.block };
  const sites = checkAdverts(task.adverts, seats, rules, verifierOf(members));
  const reserves = checkReserves(at, task.adverts);
  const secrets = seatsOfBlock(at.state, name);
  checkOwn(at.name, task.adverts, secrets);
  checkKeys(at.name, task.adverts, secrets);
  const { graph, seed } = blockGraph(task.adverts, task.seedParts, rules);
  // The part that this site showed was for one U1 only.
  if (seed && !isDeepStrictEqual(findBlock(at.state, name)?.revealed?.adverts, withoutReserves(task.adverts)))
    throw siteRefused('SEAT_USED');
  const holders = graph.holdersOf(at.name);
  const boxes = await dealBoxes(secrets, holders.length, graph.threshold);
  const bundles = bundlesOf(holders, boxes);
  const request = await sealAll(at, name, { sites, seed, bundles, root: shareRoot(boxes) }, members, signal);
  if (!request) return undefined;
  const shared = { members: task, ownBundle: bundles.get(at.name) ?? Buffer.alloc(0), request };
  at.state.transaction(() => {
    saveShared(at.state, name, shared, reserves);
    hearSeats(at.state, at.hash, sites, name.block);
  });
  return shared;
}

/** Each with the path that lets its holder, and later anybody, check its shares against the root. */
function bundlesOf(holders: readonly SiteName[], boxes: DealtBoxes): ReadonlyMap<SiteName, Buffer> {
  const proofs = boxProofs(boxes);
  return new Map(holders.map((holder, index) => [holder, packBundle({ box: boxes[index] ?? [], ofBox: proofs[index] ?? [] })]));
}

interface Dealt {
  /** U1. */
  readonly sites: readonly SiteName[];
  /** Of the graph. */
  readonly seed: Buffer | undefined;
  /** By holder. */
  readonly bundles: ReadonlyMap<SiteName, Buffer>;
  readonly root: Buffer;
}

async function sealAll(
  at: StudyAtSite,
  name: BlockName,
  { sites, seed, bundles, root }: Dealt,
  members: StudyMembers,
  signal: AbortSignal,
): Promise<ShareRequest | undefined> {
  const boxes = [];
  for (const [site, bundle] of bundles) {
    const member = members.get(site);
    if (signal.aborted) return undefined;
    if (member && site !== at.name) boxes.push(await sealBundle(at, name, bundle, member));
  }
  const { keyEpoch, block } = name;
  const { signature } = at.sign('shares', {
    consortium: at.consortium,
    study: at.hash,
    keyEpoch,
    block,
    site: at.name,
    root: root.toString('hex'),
    members: membersDigest(sites, seed),
  });
  return { study: at.hash, keyEpoch, block, root: { site: at.name, root, signature }, boxes };
}

/** This site shares only seats that it made, and only among others that see the same ones. */
function checkOwn(self: SiteName, adverts: readonly SeatAdvert[], secrets: readonly SeatSecrets[]): void {
  const own = secrets.map(publicSeat);
  const said = adverts.find(({ site }) => site === self);
  const made = seatsDigest({ roundKeys: own.map(({ roundKey }) => roundKey), commitments: own.map(({ commitment }) => commitment) });
  if (!said || seatsDigest(said) !== made) throw siteRefused('SEAT_USED');
}

/** A key that no secret can be agreed with would stop every round of the block; it is found here, where its site has a name. */
function checkKeys(self: SiteName, adverts: readonly SeatAdvert[], secrets: readonly SeatSecrets[]): void {
  const [first] = secrets;
  if (!first) return;
  const anyTranscript = Buffer.alloc(32);
  for (const { site, roundKeys } of adverts) {
    if (site === self) continue;
    try {
      for (const key of roundKeys) pairKey(first.roundKey, key, anyTranscript);
    } catch (cause) {
      throw siteRefused('SHARE_INVALID', { from: site }, cause);
    }
  }
}
