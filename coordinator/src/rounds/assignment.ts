import {
  Assignment,
  RoundKind,
  type SeatAdvert,
  type ShareRoot,
  type SignedState,
  type SignList,
  type SiteSignature,
} from '@consilium/protocol/wire';
import { droppedDigest, type SiteName } from '@consilium/protocol';
import { releaseAgreed, releaseThreshold } from './decide.js';
import type { AdvertRecord, ShareRootRecord, SignedStateRecord } from './study-event.js';
import { agreedStates, stepOf, type Attempt, type Block, type ClosedAttempt, type FoldedAttempt, type StudyState } from './study-state.js';

type Task = NonNullable<Assignment['task']>;

const KIND = { train: RoundKind.ROUND_KIND_TRAIN, evaluate: RoundKind.ROUND_KIND_EVALUATE } as const;

/** A record's signed state as it travels: an empty HMAC stands for a failed sum check. */
export function signedStateMessage(site: SiteName, record: SignedStateRecord): SignedState {
  return {
    site,
    keyEpoch: record.keyEpoch,
    round: record.round,
    attempt: record.attempt,
    stateHmac: record.stateHmac === 'SUM_CHECK' ? Buffer.alloc(0) : Buffer.from(record.stateHmac, 'hex'),
    signature: Buffer.from(record.signature, 'hex'),
  };
}

const rest = (reason: string): Task => ({ $case: 'rest', value: { reason } });

/** The sum that a site has not applied yet, oldest first: it may have been away for several rounds. */
function unapplied(state: StudyState, site: SiteName): FoldedAttempt | undefined {
  const applied = state.applied.get(site) ?? 0;
  const finished = state.rounds.find((round) => round.attempt.round > applied)?.attempt;
  if (finished) return finished;
  const { activity } = state;
  if (activity.phase !== 'round' || activity.attempt.phase !== 'folded' || activity.agreed.has(site)) return undefined;
  return stepOf(activity.attempt, state.study.derived.thresholds.t) === 'applied' ? activity.attempt : undefined;
}

/** The first `count` signatures: t are enough, and a task that grew with every further one would be begun anew each time. */
function firstSignatures(signatures: ReadonlyMap<SiteName, string>, count: number): SiteSignature[] {
  return [...signatures].slice(0, count).map(([site, signature]) => ({ site, signature: Buffer.from(signature, 'hex') }));
}

function listOf(attempt: ClosedAttempt): SignList {
  return {
    keyEpoch: attempt.keyEpoch,
    round: attempt.round,
    attempt: attempt.attempt,
    kind: KIND[attempt.kind],
    block: attempt.block,
    seat: attempt.seat,
    participants: [...attempt.participants],
    contributors: attempt.contributors.flatMap((site) => {
      const upload = attempt.uploads.get(site);
      return upload
        ? [
            {
              site,
              uploadBytes: BigInt(upload.bytes),
              uploadSha256: Buffer.from(upload.sha256, 'hex'),
              signature: Buffer.from(upload.signature, 'hex'),
            },
          ]
        : [];
    }),
  };
}

function applyTask(state: StudyState, attempt: FoldedAttempt): Task {
  const { t } = state.study.derived.thresholds;
  // All releases once a site has met a share that is not the one that was promised; else the first t.
  const spoilt = [...state.refusals.values()].some(({ code }) => code === 'SHARE_INVALID');
  const releases = [...attempt.releases].slice(0, spoilt ? undefined : t);
  return {
    $case: 'apply',
    value: {
      list: listOf(attempt),
      foldBytes: BigInt(attempt.fold.bytes),
      foldSha256: Buffer.from(attempt.fold.sha256, 'hex'),
      foldSignatures: firstSignatures(attempt.foldSignatures, t),
      unmask: releases.map(([site, { sealed, signature, dropped }]) => ({
        site,
        sealed: Buffer.from(sealed, 'hex'),
        droppedSha256: droppedDigest(dropped.map((share) => ({ site: share.site, share: Buffer.from(share.share, 'hex') }))),
        signature: Buffer.from(signature, 'hex'),
      })),
      seats: [...attempt.seats].map(([site, { seats, shares, commitment }]) => ({
        site,
        seatsSha256: Buffer.from(seats, 'hex'),
        sharesSha256: Buffer.from(shares, 'hex'),
        commitment: Buffer.from(commitment, 'hex'),
      })),
    },
  };
}

/** Steps 5 to 7 of PROTOCOL.md section 4, for every site that holds shares of the block, also one that was not asked. */
function closedTask(state: StudyState, attempt: ClosedAttempt, site: SiteName): Task {
  const { t } = state.study.derived.thresholds;
  if (!state.block?.holders.has(site)) return rest('waiting');
  const step = stepOf(attempt, t);
  const list = listOf(attempt);
  if (step === 'listing') return attempt.listSignatures.has(site) ? rest('listing') : { $case: 'signList', value: list };
  if (!attempt.releases.has(site)) return { $case: 'unmask', value: { list, signatures: firstSignatures(attempt.listSignatures, t) } };
  if (attempt.phase !== 'folded' || attempt.foldSignatures.has(site)) return rest('folding');
  const { bytes, sha256 } = attempt.fold;
  return { $case: 'signFold', value: { list, foldBytes: BigInt(bytes), foldSha256: Buffer.from(sha256, 'hex') } };
}

/** Steps 1 and 2: seats for the rounds to come. */
function blockTask(state: StudyState, block: Block, site: SiteName): Task {
  const { keyEpoch } = state;
  const adverts = (sites: readonly SiteName[]): SeatAdvert[] => sites.flatMap((name) => advertMessage(name, block.adverts.get(name)));
  if (!block.advertised)
    return block.asked.includes(site) && !block.adverts.has(site)
      ? { $case: 'advertise', value: { keyEpoch, block: block.number, seats: block.seats } }
      : rest('seats');
  if (!block.advertised.includes(site)) return rest('seats');
  if (!block.shared)
    return block.roots.has(site)
      ? rest('seats')
      : { $case: 'share', value: { keyEpoch, block: block.number, adverts: adverts(block.advertised) } };
  if (!block.shared.includes(site) || block.holders.has(site)) return rest('seats');
  const roots = block.shared.flatMap((name) => rootMessage(name, block.roots.get(name)));
  return { $case: 'hold', value: { keyEpoch, block: block.number, adverts: adverts(block.advertised), roots } };
}

const bytesOf = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'hex'));

function advertMessage(site: SiteName, advert: AdvertRecord | undefined): SeatAdvert[] {
  if (!advert) return [];
  const { roundKeys, commitments, parameters, signature } = advert;
  return [{ site, roundKeys: bytesOf(roundKeys), commitments: bytesOf(commitments), parameters, signature: Buffer.from(signature, 'hex') }];
}

function rootMessage(site: SiteName, root: ShareRootRecord | undefined): ShareRoot[] {
  return root ? [{ site, shareHashes: bytesOf(root.hashes), signature: Buffer.from(root.signature, 'hex') }] : [];
}

function contributeTask(state: StudyState, attempt: Attempt): Task {
  return {
    $case: 'contribute',
    value: {
      keyEpoch: attempt.keyEpoch,
      round: attempt.round,
      attempt: attempt.attempt,
      kind: KIND[attempt.kind],
      deadline: attempt.deadline,
      participants: [...attempt.participants],
      block: attempt.block,
      seat: attempt.seat,
      state: [...agreedStates(state)].map(([site, record]) => signedStateMessage(site, record)),
    },
  };
}

function keysTask(state: StudyState, site: SiteName): Task {
  const { keyEpoch, rosterEpoch, steward = '' } = state;
  return site === steward
    ? { $case: 'makeKeys', value: { keyEpoch, rosterEpoch } }
    : { $case: 'takeKeys', value: { keyEpoch, steward, rosterEpoch } };
}

function releaseTask(
  state: StudyState,
  site: SiteName,
  activity: Extract<StudyState['activity'], { phase: 'releasing' }>,
  connected: ReadonlySet<SiteName>,
): Task {
  const round = state.rounds.length;
  const vote = activity.votes.get(site);
  if (!vote) return { $case: 'vote', value: { round } };
  if (!releaseAgreed(activity, releaseThreshold(state)) || vote.vote === 'no') return rest('waiting');
  const sender = state.study.sites.names.find((name) => activity.votes.get(name)?.vote === 'yes' && connected.has(name));
  const send = sender === site && !activity.received;
  if (activity.bundles.has(site) && !send) return rest('waiting');
  return { $case: 'uploadBundle', value: { round, send } };
}

/**
 * What a site is to do in a study now (the levels of proto/README.md): a pure function of the study's record, so that
 * a site which reconnects, or a coordinator which restarts, needs no memory of what was said before.
 * @param connected - decides only which site is asked to send the bundle
 */
export function assignmentFor(state: StudyState, site: SiteName, connected: ReadonlySet<SiteName>): Assignment {
  return { study: state.hash, sequence: BigInt(state.seq), task: taskFor(state, site, connected) };
}

function taskFor(state: StudyState, site: SiteName, connected: ReadonlySet<SiteName>): Task {
  const { activity } = state;
  const sum = unapplied(state, site);
  if (activity.phase === 'ended') {
    // A site that was away at the end still gets the model it helped to make.
    const away = activity.outcome === 'done' && sum && !state.outOfStep.has(site);
    return away ? applyTask(state, sum) : { $case: 'end', value: { outcome: activity.outcome } };
  }
  if (activity.phase === 'proposed') return rest('proposed');
  if (activity.phase === 'queued') return rest('queued');
  if (state.outOfStep.has(site)) return rest('outOfStep');
  if (state.standing.has(site)) return rest('refused');
  if (!state.confirmed.has(site)) return keysTask(state, site);
  if (activity.phase === 'keys') return rest('waiting');
  if (sum) return applyTask(state, sum);
  if (activity.phase === 'releasing') return releaseTask(state, site, activity, connected);
  if (activity.phase === 'waiting') return state.block ? blockTask(state, state.block, site) : rest('waiting');
  const { attempt } = activity;
  if (attempt.phase === 'closed' || attempt.phase === 'folded') return closedTask(state, attempt, site);
  if (!attempt.participants.includes(site)) return rest('waiting');
  return attempt.uploads.has(site) ? rest('counted') : contributeTask(state, attempt);
}
