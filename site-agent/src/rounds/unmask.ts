import { createHash } from 'node:crypto';
import { ConsiliumError, droppedDigest, unmaskDigest, type SiteName } from '@consilium/protocol';
import type { ReleasedShare, Unmask, UnmaskRequest } from '@consilium/protocol/wire';
import { requireNotAborted } from './aborts.js';
import { ask } from './ask-coordinator.js';
import { fixList } from './attempts.js';
import { carriesMetrics } from './contribution-checks.js';
import { checkList, contextOf, signersOf, listStatement, standsBy, type ClosedList } from './closed-list.js';
import { checkRelease, releasesBeside, releasedMessage, saveRelease, type Release, type Told } from './releases.js';
import { heldSeats, type HeldSeat } from './seat-material.js';
import { sharesOfSeat } from './seats/blocks.js';
import { unpackSeat } from './seats/held-shares.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';
import { sealShares } from './unmask-message.js';
import { hear, STEPS } from './witnesses/heard.js';
import { requireRemembered } from './witnesses/restored.js';

/**
 * Step 6 of PROTOCOL.md section 4: once t sites have signed the same list, releases this site's shares of the
 * contributors' b, for the sites only, and of the round keys of those who dropped out, for the coordinator. Kept before
 * it leaves; asked again the same message goes.
 * @throws ConsiliumError LIST_REFUSED; SiteRefused RELEASED, ROUND_ABORTED
 */
export async function unmask(at: StudyAtSite, task: Unmask, signal: AbortSignal): Promise<void> {
  const list = checkedList(at, task);
  if (signal.aborted) return;
  const { round, attempt } = list.place;
  const message = at.state.transaction(() => {
    hear(at.state, at.hash, list.signers, { ...list.place, step: STEPS.list });
    return releasedMessage(at.state, at.hash, round, attempt) ?? release(at, list);
  });
  await ask(at.connection.round.unmask, message, signal);
}

type SignedList = ClosedList<HeldSeat> & { readonly signers: readonly SiteName[] };

function checkedList(at: StudyAtSite, { list: closed, signatures }: Unmask): SignedList {
  if (!closed) throw refused('Shares were asked for without a list of contributors.');
  requireRemembered(at.state, at.hash, closed);
  const list = checkList(at, closed, (place) => heldSeats(at, place, closed.participants));
  const signers = signersOf(at, signatures, (site, signature) => list.verify('list', site, listStatement(at, list, site), signature));
  const { t } = at.study.derived.thresholds;
  if (signers.length < t) throw refused(`${signers.length} of the ${t} sites needed have signed this list.`);
  return { ...list, signers };
}

/** Within a transaction. */
function release(at: StudyAtSite, list: ClosedList<HeldSeat>): UnmaskRequest {
  const { place, root } = list;
  const { round, attempt } = place;
  // Within the transaction that keeps the release: of a release and a promise against it only the first is made.
  requireNotAborted(at.state, at.hash, round);
  fixList(at.state, at.hash, place, standsBy(list));
  const wanted = releaseOf(at, list);
  checkRelease(releasesBeside(at.state, at.hash, wanted), wanted, at.study.privacy);
  const { selfSecrets, dropped } = releasedShares(at, list);
  const sealed = sealShares(at, list.keys, place, selfSecrets.map(withoutPaths));
  const proofs = sealShares(at, list.keys, place, selfSecrets.map(withoutShare));
  const proofsSha256 = createHash('sha256').update(proofs).digest();
  const droppedSha256 = droppedDigest(dropped);
  const statement = { ...contextOf(at, place), site: at.name, root, sha256: unmaskDigest({ sealed, droppedSha256, proofsSha256 }) };
  const { signature } = at.sign('unmask', statement);
  const message = {
    study: at.hash,
    round,
    attempt,
    message: { site: at.name, sealed, signature, droppedSha256, proofs, proofsSha256 },
    dropped,
  };
  saveRelease(at.state, at.hash, wanted, message);
  return message;
}

function releaseOf(at: StudyAtSite, { place, name, before, contributors }: ClosedList): Release {
  const { round, attempt, keyEpoch } = place;
  const kinds: readonly Told[] = [
    ...(name === 'train' ? (['update'] as const) : []),
    ...(carriesMetrics(at.study, round, name) ? (['metrics'] as const) : []),
  ];
  return { round, attempt, keyEpoch, stateDigest: before.digest, kinds, contributors: contributors.map(({ site }) => site) };
}

/** Of a contributor the share of b, of a participant that dropped out the share of its round key: of no site both. */
function releasedShares(at: StudyAtSite, { place, participants, contributors }: ClosedList<HeldSeat>) {
  const { keyEpoch, block, seat } = place;
  const row = sharesOfSeat(at.state, { study: at.hash, keyEpoch, block }, seat);
  if (!row) throw siteRefused('SEAT_USED', {}, new Error(`the shares of seat ${seat} of block ${block} are deleted`));
  const held = unpackSeat(row);
  const contributed = new Set<string>(contributors.map(({ site }) => site));
  const pairs = participants.flatMap(({ site }) => held.get(site) ?? []);
  return {
    selfSecrets: pairs.flatMap(({ selfSecret }) => (contributed.has(selfSecret.site) ? [selfSecret] : [])),
    dropped: pairs.flatMap(({ roundKey }) => (contributed.has(roundKey.site) ? [] : [roundKey])),
  };
}

const withoutPaths = (share: ReleasedShare): ReleasedShare => ({ ...share, inBox: [], ofBox: [] });
const withoutShare = (share: ReleasedShare): ReleasedShare => ({ ...share, share: Buffer.alloc(0) });

const refused = (message: string) =>
  new ConsiliumError({
    code: 'LIST_REFUSED',
    errorClass: 'verification',
    message,
    fix: "No share is released; ask the coordinator's admin how the list came about.",
  });
