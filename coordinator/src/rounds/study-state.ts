import type { RefusalCode, ResolvedStudy, SiteName, StudyHash } from '@consilium/protocol';
import type {
  AdvertRecord,
  AttemptFailure,
  EndReason,
  Instant,
  Outcome,
  ReleaseRecord,
  RoundKind,
  ShareRootRecord,
  SignedStatement,
  SignedStateRecord,
} from './study-event.js';

export interface Upload {
  readonly bytes: number;
  readonly sha256: string;
  readonly signature: string;
}

interface AttemptBase {
  readonly round: number;
  readonly attempt: number;
  readonly kind: RoundKind;
  readonly keyEpoch: number;
  readonly block: number;
  readonly seat: number;
  /** U2 of the attempt. */
  readonly participants: readonly SiteName[];
  /** What of the block the attempt rests on: kept with it, because the block may be gone when a late site applies. */
  readonly seats: ReadonlyMap<SiteName, SeatMaterial>;
  /** U1 of the block, and its number of seats: where each share lies under its dealer's root. */
  readonly members: readonly SiteName[];
  readonly blockSeats: number;
  /** Seed of the block's mask graph, hex; empty where it is complete. */
  readonly graphSeed: string;
  /** Who released or dealt shares that were not right, as far as that is known. */
  readonly faulty: readonly SiteName[];
  /** HMAC of the state before, as the sites agreed on it; part of T. */
  readonly stateBefore: string;
  readonly announcedAt: Instant;
  readonly deadline: Instant;
  readonly uploads: ReadonlyMap<SiteName, Upload>;
}

/** One participant's digests and public key for the attempt's seat; hex. */
export interface SeatMaterial {
  readonly roundKey: string;
  /** SHA-256("b" ‖ b) of the seat. */
  readonly commitment: string;
  /** `seatsDigest` of the block, and the root of its shares. */
  readonly seats: string;
  readonly shares: string;
}

interface ClosedBase extends AttemptBase {
  /** U3. */
  readonly contributors: readonly SiteName[];
  readonly closedAt: Instant;
  readonly listSignatures: ReadonlyMap<SiteName, string>;
  readonly releases: ReadonlyMap<SiteName, ReleaseRecord>;
}

/** One try at a round, from its announcement on. */
export type Attempt =
  | (AttemptBase & { readonly phase: 'announced' })
  | (AttemptBase & { readonly phase: 'uploading' })
  /** The list is closed; sites sign it, then release shares; the fold is made as soon as it can be. */
  | (ClosedBase & { readonly phase: 'closed' })
  /** The fold is made; sites sign its digest, then apply it. */
  | (ClosedBase & { readonly phase: 'folded'; readonly fold: Fold; readonly foldSignatures: ReadonlyMap<SiteName, string> });

export type ClosedAttempt = Extract<Attempt, { phase: 'closed' | 'folded' }>;
export type FoldedAttempt = Extract<Attempt, { phase: 'folded' }>;

/** Fresh keys of numbered seats, one for each future attempt (PROTOCOL.md section 4, steps 1 and 2). */
export interface Block {
  readonly number: number;
  readonly keyEpoch: number;
  readonly seats: number;
  /** The round that its first seat is for. */
  readonly round: number;
  /** The lowest seat that no attempt has used. */
  readonly nextSeat: number;
  readonly openedAt: Instant;
  /** Who was asked to advertise. */
  readonly asked: readonly SiteName[];
  readonly adverts: ReadonlyMap<SiteName, AdvertRecord>;
  /** U1, once closed. */
  readonly advertised: readonly SiteName[] | undefined;
  /** Of members of U1 their parts of the graph's seed, hex; asked for only where the graph is not complete. */
  readonly parts: ReadonlyMap<SiteName, string>;
  readonly roots: ReadonlyMap<SiteName, ShareRootRecord>;
  /** U2 of the block, once closed. */
  readonly shared: readonly SiteName[] | undefined;
  /** Sites that hold the boxes of all of U2. */
  readonly holders: ReadonlySet<SiteName>;
  /** Sites that answer nothing for the seats of this block: they said that they have lost, used or never got them. */
  readonly left: ReadonlySet<SiteName>;
}

/** The sum of an attempt's ciphertexts, as every site of the study gets it. */
export interface Fold {
  readonly bytes: number;
  readonly sha256: string;
  readonly foldedAt: Instant;
}

/** A round whose sum at least t sites applied alike. */
export interface FinishedRound {
  readonly attempt: FoldedAttempt;
  readonly doneAt: Instant;
  readonly states: ReadonlyMap<SiteName, SignedStateRecord>;
  /** The HMAC that decided. */
  readonly stateHmac: string;
}

export interface FailedAttempt {
  readonly round: number;
  readonly attempt: number;
  readonly reason: AttemptFailure;
  readonly sites: readonly SiteName[];
  readonly kind: RoundKind;
  readonly participants: readonly SiteName[];
  /** Who had delivered; for `sumCheck` and `dealt` the list whose sum was opened. */
  readonly contributors: readonly SiteName[];
  readonly faulty: readonly SiteName[];
  /** Who released shares before it failed. */
  readonly released: readonly SiteName[];
  readonly announcedAt: Instant;
  readonly at: Instant;
}

/** The words of sites that they never release a round. */
export interface Abort {
  readonly round: number;
  /** Who has released shares in it: they cannot say so. */
  readonly released: readonly SiteName[];
  readonly signatures: ReadonlyMap<SiteName, string>;
  /** Who will not sign. */
  readonly refused: ReadonlySet<SiteName>;
}

export interface Refusal {
  readonly code: RefusalCode;
  readonly fields: Readonly<Record<string, string>>;
  readonly incident: string;
  readonly decision: 'refused' | 'failed';
  readonly round: number;
  readonly at: Instant;
}

/** What a study is doing. */
export type Activity =
  | { readonly phase: 'proposed' }
  | { readonly phase: 'queued'; readonly since: Instant }
  | { readonly phase: 'keys'; readonly since: Instant; readonly have: ReadonlyMap<SiteName, string> }
  /** Between rounds: the next attempt is announced as soon as its sites are there. */
  | { readonly phase: 'waiting'; readonly since: Instant; readonly round: number }
  | { readonly phase: 'round'; readonly attempt: Attempt; readonly agreed: ReadonlyMap<SiteName, SignedStateRecord> }
  | {
      readonly phase: 'releasing';
      readonly since: Instant;
      readonly votes: ReadonlyMap<SiteName, { readonly vote: 'yes' | 'no'; readonly bundleHmac: string }>;
      readonly bundles: ReadonlyMap<SiteName, string>;
      readonly received: { readonly sha256: string; readonly bytes: number } | undefined;
    }
  | {
      readonly phase: 'ended';
      readonly at: Instant;
      readonly outcome: Outcome;
      readonly by: string;
      readonly reason: EndReason;
      readonly sites: readonly SiteName[];
      /** The round in which the study ended, where its price may come back. */
      readonly abort: Abort | undefined;
    };

export interface StudyState {
  readonly hash: StudyHash;
  readonly study: ResolvedStudy;
  readonly proposedAt: Instant;
  /** Sequence number of the last event: grows with every change. */
  readonly seq: number;
  readonly activity: Activity;
  readonly approvals: ReadonlyMap<
    SiteName,
    { readonly approval: SignedStatement; readonly release: 'ask' | 'in-advance'; readonly until: string | null }
  >;
  readonly launchedAt: Instant | undefined;
  /** The roster whose keys hold in this study; fixed at launch. */
  readonly rosterEpoch: number;
  /** −1 before the first keys. */
  readonly keyEpoch: number;
  /** Who made the keys of the current epoch. */
  readonly steward: SiteName | undefined;
  /** Sites that hold the keys of the current epoch, and the state that each signed under it. */
  readonly confirmed: ReadonlyMap<SiteName, SignedStateRecord>;
  readonly sumCheckFailures: number;
  /** The current block of seats; nothing before the first, and after a change of keys. */
  readonly block: Block | undefined;
  /** Number of the next block: a number is never used twice. */
  readonly nextBlock: number;
  /** Blocks opened since the last attempt was announced: each further one waits longer. */
  readonly blocksTried: number;
  readonly rounds: readonly FinishedRound[];
  readonly failures: readonly FailedAttempt[];
  /** Last round that each site has signed a state for. */
  readonly applied: ReadonlyMap<SiteName, number>;
  readonly outOfStep: ReadonlySet<SiteName>;
  readonly refusals: ReadonlyMap<SiteName, Refusal>;
  /** Sites that withdrew or paused: they are asked for nothing until they approve again or resume. */
  readonly standing: ReadonlyMap<SiteName, Refusal>;
  /** Sites that the researcher lets the study go on without while their refusal stands. */
  readonly excused: ReadonlySet<SiteName>;
  /** By round, the words of each site. */
  readonly metrics: ReadonlyMap<number, ReadonlyMap<SiteName, { readonly statement: SignedStatement }>>;
  /** The statements behind a release. */
  readonly released: { readonly sha256: string; readonly bytes: number } | undefined;
}

/** A study nobody has acted on yet. */
export function proposedStudy(hash: StudyHash, study: ResolvedStudy, proposedAt: Instant): StudyState {
  return {
    hash,
    study,
    proposedAt,
    seq: 0,
    activity: { phase: 'proposed' },
    approvals: new Map(),
    launchedAt: undefined,
    rosterEpoch: 0,
    keyEpoch: -1,
    steward: undefined,
    confirmed: new Map(),
    sumCheckFailures: 0,
    block: undefined,
    nextBlock: 0,
    blocksTried: 0,
    rounds: [],
    failures: [],
    applied: new Map(),
    outOfStep: new Set(),
    refusals: new Map(),
    standing: new Map(),
    excused: new Set(),
    metrics: new Map(),
    released: undefined,
  };
}

/** Train rounds 1 to R, then one that only evaluates. */
export function lastRound(state: StudyState): number {
  return state.study.algorithm.rounds + 1;
}

export function kindOfRound(state: StudyState, round: number): RoundKind {
  return round === lastRound(state) ? 'evaluate' : 'train';
}

/** Attempts are numbered from 0 within a round. */
export function nextAttempt(state: StudyState, round: number): number {
  return state.failures.filter((failure) => failure.round === round).length;
}

/**
 * The only sites that a repeated round may have. Another list over the same data would give one site's update away
 * (PROTOCOL.md section 4, "one release per round"): once a sum was opened, the round is repeated with its contributors.
 */
export function onlyContributors(state: StudyState, round: number): readonly SiteName[] | undefined {
  return state.failures.findLast((failure) => failure.round === round && endsKeyEpoch(failure.reason))?.contributors;
}

/** Shares were released, and the round can be repeated only under other keys. */
export function endsKeyEpoch(reason: AttemptFailure): boolean {
  return reason === 'sumCheck' || reason === 'dealt';
}

/** The signed states that the next round starts from: of the last finished round, or the initial ones under the current key. */
export function agreedStates(state: StudyState): ReadonlyMap<SiteName, SignedStateRecord> {
  const last = state.rounds.at(-1);
  return last && last.attempt.keyEpoch === state.keyEpoch ? last.states : state.confirmed;
}

/** The state HMAC that most of the {@link agreedStates} name: what T of the next attempt rests on. */
export function agreedHmac(state: StudyState): string {
  const counts = new Map<string, number>();
  for (const { stateHmac } of agreedStates(state).values()) counts.set(stateHmac, (counts.get(stateHmac) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', 0] as [string, number])[0];
}

/** Asked, and not on the list: their pair masks are still in the sum. */
export function droppedSites(attempt: ClosedAttempt): readonly SiteName[] {
  return attempt.participants.filter((site) => !attempt.contributors.includes(site));
}

/** Whether a study occupies its sites: no other study of theirs starts meanwhile. */
export function isActive(state: StudyState): boolean {
  return state.activity.phase === 'keys' || state.activity.phase === 'waiting' || state.activity.phase === 'round';
}
