import {
  Assignment,
  RoundKind,
  type Contributor,
  type SeatAdvert,
  type ShareRoot,
  type SignedState,
  type SignList,
  type SiteSignature,
} from '@consilium/protocol/wire';
import type { ResolvedStudy, SiteName, Thresholds } from '@consilium/protocol';
import { needsSeed } from '@consilium/sealed-sum/fold';
import { abortSigners } from '@consilium/ledger';
import { isAborted, isAskedToAbort } from './abort.js';
import { giveBack, hidingTheirPart } from './attempt-graph.js';
import { releaseAgreed, releaseThreshold } from './decide.js';
import { stepOf } from './step-of.js';
import type { AdvertRecord, ReleaseRecord, ShareRootRecord, SignedStateRecord } from './study-event.js';
import { agreedStates, type Attempt, type Block, type ClosedAttempt, type FoldedAttempt, type StudyState } from './study-state.js';

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

const rests = new Map<string, Task>();

function rest(reason: string): Task {
  const task: Task = rests.get(reason) ?? { $case: 'rest', value: { reason } };
  rests.set(reason, task);
  return task;
}

/**
 * A function of objects that never change, called again with the same one for each site and after each event: its
 * answer is made once.
 */
function once<Of extends object, Answer>(make: (of: Of) => Answer): (of: Of) => Answer {
  const made = new WeakMap<Of, { readonly answer: Answer }>();
  return (of) => {
    const known = made.get(of) ?? { answer: make(of) };
    made.set(of, known);
    return known.answer;
  };
}

/** The sum that a site has not applied yet, oldest first: it may have been away for several rounds. */
function unapplied(state: StudyState, site: SiteName): FoldedAttempt | undefined {
  const applied = state.applied.get(site) ?? 0;
  const finished = state.rounds.find((round) => round.attempt.round > applied)?.attempt;
  if (finished) return finished;
  const { activity } = state;
  if (activity.phase !== 'round' || activity.attempt.phase !== 'folded' || activity.agreed.has(site)) return undefined;
  return stepOf(state, activity.attempt) === 'applied' ? activity.attempt : undefined;
}

/** The first `count` signatures: t are enough, and a task that grew with every further one would be begun anew each time. */
function firstSignatures(signatures: ReadonlyMap<SiteName, string>, count: number): SiteSignature[] {
  return [...signatures].slice(0, count).map(([site, signature]) => ({ site, signature: Buffer.from(signature, 'hex') }));
}

const messagesOf = once((states: ReadonlyMap<SiteName, SignedStateRecord>): SignedState[] =>
  [...states].map(([site, record]) => signedStateMessage(site, record)),
);

const contributorsOf = once((uploads: Attempt['uploads']) =>
  once((contributors: readonly SiteName[]): Contributor[] =>
    contributors.flatMap((site) => {
      const upload = uploads.get(site);
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
  ),
);

function listOf(attempt: ClosedAttempt): SignList {
  return {
    keyEpoch: attempt.keyEpoch,
    round: attempt.round,
    attempt: attempt.attempt,
    kind: KIND[attempt.kind],
    block: attempt.block,
    seat: attempt.seat,
    participants: [...attempt.participants],
    contributors: contributorsOf(attempt.uploads)(attempt.contributors),
  };
}

const signListTask = once((attempt: ClosedAttempt): Task => ({ $case: 'signList', value: listOf(attempt) }));

const signFoldTask = once((attempt: FoldedAttempt): Task => ({
  $case: 'signFold',
  value: { list: listOf(attempt), foldBytes: BigInt(attempt.fold.bytes), foldSha256: Buffer.from(attempt.fold.sha256, 'hex') },
}));

const unmaskTask = once((attempt: ClosedAttempt) =>
  once((thresholds: Thresholds): Task => ({
    $case: 'unmask',
    value: { list: listOf(attempt), signatures: firstSignatures(attempt.listSignatures, thresholds.t) },
  })),
);

/** The first releases that give every b back: a task that grew with every further one would be begun anew each time. */
function enough(state: StudyState, attempt: FoldedAttempt): readonly (readonly [SiteName, ReleaseRecord])[] {
  const releases = [...attempt.releases];
  const { t } = state.study.derived.thresholds;
  for (let count = t; count < releases.length; count += 1) {
    const first = releases.slice(0, count);
    if (giveBack(state, attempt, new Set(first.map(([site]) => site)))) return first;
  }
  return releases;
}

/** Made once for an attempt; it belongs to one study, which does not change either. */
const applyTasks = new WeakMap<FoldedAttempt, { first?: Task; spoilt?: Task }>();

function applyTask(state: StudyState, attempt: FoldedAttempt): Task {
  const { study } = state;
  const made = applyTasks.get(attempt) ?? {};
  applyTasks.set(attempt, made);
  // All releases, with their proofs, once a site has met a share that is wrong; else as many as open the sum.
  const spoilt = [...state.refusals.values()].some(({ code }) => code === 'SHARE_INVALID' || code === 'PROOFS_NEEDED');
  return spoilt
    ? (made.spoilt ??= applyWith(study, attempt, [...attempt.releases], true))
    : (made.first ??= applyWith(study, attempt, enough(state, attempt), false));
}

function applyWith(
  study: ResolvedStudy,
  attempt: FoldedAttempt,
  releases: readonly (readonly [SiteName, ReleaseRecord])[],
  withProofs: boolean,
): Task {
  return {
    $case: 'apply',
    value: {
      list: listOf(attempt),
      foldBytes: BigInt(attempt.fold.bytes),
      foldSha256: Buffer.from(attempt.fold.sha256, 'hex'),
      foldSignatures: firstSignatures(attempt.foldSignatures, study.derived.thresholds.t),
      unmask: releases.map(([site, { sealed, signature, droppedSha256, proofs, proofsSha256 }]) => ({
        site,
        sealed: Buffer.from(sealed, 'hex'),
        droppedSha256: Buffer.from(droppedSha256, 'hex'),
        proofs: Buffer.from(withProofs ? proofs : '', 'hex'),
        proofsSha256: Buffer.from(proofsSha256, 'hex'),
        signature: Buffer.from(signature, 'hex'),
      })),
      seats: [...attempt.seats].map(([site, { seats, shares, commitment }]) => ({
        site,
        seatsSha256: Buffer.from(seats, 'hex'),
        sharesSha256: Buffer.from(shares, 'hex'),
        commitment: Buffer.from(commitment, 'hex'),
      })),
      members: [...attempt.members],
      blockSeats: attempt.blockSeats,
      graphSeed: Buffer.from(attempt.graphSeed, 'hex'),
    },
  };
}

/** Steps 5 to 7 of PROTOCOL.md section 4, for every site that holds shares of the block, also one that was not asked. */
function closedTask(state: StudyState, attempt: ClosedAttempt, site: SiteName): Task {
  if (!state.block?.holders.has(site)) return rest('waiting');
  const step = stepOf(state, attempt);
  if (step === 'listing') return attempt.listSignatures.has(site) ? rest('listing') : signListTask(attempt);
  if (!attempt.releases.has(site)) return unmaskTask(attempt)(state.study.derived.thresholds);
  if (attempt.phase !== 'folded' || attempt.foldSignatures.has(site)) return rest('folding');
  return signFoldTask(attempt);
}

/** Steps 1 and 2: seats for the rounds to come. */
function blockTask(state: StudyState, block: Block, site: SiteName): Task {
  const { keyEpoch } = state;
  if (block.left.has(site)) return rest('seats');
  if (!block.advertised)
    return block.asked.includes(site) && !block.adverts.has(site)
      ? { $case: 'advertise', value: { keyEpoch, block: block.number, seats: block.seats, round: block.round } }
      : rest('seats');
  if (!block.advertised.includes(site)) return rest('seats');
  const hiding = hidingTheirPart(state, block);
  if (hiding.length > 0) return hiding.includes(site) ? revealSeedTask(block) : rest('seats');
  if (!block.shared) return block.roots.has(site) ? rest('seats') : shareTask(block)(state.study);
  return block.shared.includes(site) && !block.holders.has(site) ? holdTask(block)(state.study) : rest('seats');
}

const revealSeedTask = once((block: Block): Task => ({
  $case: 'revealSeed',
  value: { keyEpoch: block.keyEpoch, block: block.number, adverts: advertsOf(block) },
}));

const shareTask = once((block: Block) =>
  once((study: ResolvedStudy): Task => ({
    $case: 'share',
    value: { keyEpoch: block.keyEpoch, block: block.number, adverts: provenAdverts(block), seedParts: seedPartsOf(study, block) },
  })),
);

const holdTask = once((block: Block) =>
  once((study: ResolvedStudy): Task => {
    const roots = (block.shared ?? []).flatMap((site) => rootMessage(site, block.roots.get(site)));
    const seedParts = seedPartsOf(study, block);
    return { $case: 'hold', value: { keyEpoch: block.keyEpoch, block: block.number, adverts: advertsOf(block), roots, seedParts } };
  }),
);

/** The parts of the seed of a mask graph that needs one, in the order of U1. */
function seedPartsOf(study: ResolvedStudy, { advertised = [], parts }: Block): Buffer[] {
  return bytesOf(needsSeed(study, advertised) ? advertised.map((name) => parts.get(name) ?? '') : []);
}

/** With the evidence of each site's reserve: it travels to each other site once. */
function provenAdverts(block: Block): SeatAdvert[] {
  return advertsOf(block).map((advert) => {
    const evidence = block.adverts.get(advert.site as SiteName)?.reserve?.evidence ?? '';
    return { ...advert, reserve: Buffer.from(evidence, 'base64') };
  });
}

function advertsOf({ advertised = [], adverts }: Block): SeatAdvert[] {
  return advertised.flatMap((site) => {
    const advert = adverts.get(site);
    return advert ? [{ site, ...advertMessage(advert) }] : [];
  });
}

const bytesOf = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'hex'));

const advertMessage = once(({ roundKeys, commitments, parameters, seed, signature, reserve }: AdvertRecord): Omit<SeatAdvert, 'site'> => ({
  roundKeys: bytesOf(roundKeys),
  commitments: bytesOf(commitments),
  parameters,
  seedCommitment: Buffer.from(seed, 'hex'),
  signature: Buffer.from(signature, 'hex'),
  reserve: Buffer.alloc(0),
  reserveSha256: Buffer.from(reserve?.sha256 ?? '', 'hex'),
}));

function rootMessage(site: SiteName, root: ShareRootRecord | undefined): ShareRoot[] {
  return root ? [{ site, root: Buffer.from(root.root, 'hex'), signature: Buffer.from(root.signature, 'hex') }] : [];
}

const contributeTask = once((states: ReadonlyMap<SiteName, SignedStateRecord>) =>
  once((attempt: Attempt) => contributeWith(states, attempt)),
);

function contributeWith(states: ReadonlyMap<SiteName, SignedStateRecord>, attempt: Attempt): Task {
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
      state: messagesOf(states),
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

/** First its word, where the study ended in the middle of a round that may be paid back; then the end, with all words once they are enough. */
function endTask(state: StudyState, { outcome, abort }: Extract<StudyState['activity'], { phase: 'ended' }>, site: SiteName): Task {
  if (abort && isAskedToAbort(state, abort, site)) return { $case: 'signAbort', value: { round: abort.round } };
  const aborted =
    abort && isAborted(state, abort)
      ? { round: abort.round, signatures: firstSignatures(abort.signatures, abortSigners(state.study.derived.thresholds)) }
      : undefined;
  return { $case: 'end', value: { outcome, aborted } };
}

function taskFor(state: StudyState, site: SiteName, connected: ReadonlySet<SiteName>): Task {
  const { activity } = state;
  const sum = unapplied(state, site);
  if (activity.phase === 'ended') {
    // A site that was away at the end still gets the model it helped to make.
    const away = activity.outcome === 'done' && sum && !state.outOfStep.has(site);
    return away ? applyTask(state, sum) : endTask(state, activity, site);
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
  return attempt.uploads.has(site) ? rest('counted') : contributeTask(agreedStates(state))(attempt);
}
