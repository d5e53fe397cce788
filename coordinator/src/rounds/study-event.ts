import type { RefusalCode, SiteName, Statement } from '@consilium/protocol';

/** A site's signed fresh keys of a block; everything hex. */
export interface AdvertRecord {
  readonly roundKeys: readonly string[];
  readonly commitments: readonly string[];
  readonly parameters: string;
  /** SHA-256("seed" ‖ part). */
  readonly seed: string;
  readonly signature: string;
  /** Of a private study: what the site has proved to hold in its ledger. */
  readonly reserve?: ReserveRecord;
}

/** Evidence of a reserve as it came, base64, its SHA-256, hex, and the rounds that it holds for, ascending. */
export interface ReserveRecord {
  readonly evidence: string;
  readonly sha256: string;
  readonly rounds: readonly number[];
}

/** A site's signed Merkle root of its shares; everything hex. */
export interface ShareRootRecord {
  readonly root: string;
  readonly signature: string;
}

/**
 * What one holder released; hex. The shares of round keys that came with it are no part of the record: they lie in the
 * spool until the round is decided, and are gone then.
 */
export interface ReleaseRecord {
  readonly sealed: string;
  readonly signature: string;
  /** `droppedDigest` of the shares of round keys. */
  readonly droppedSha256: string;
  /** Sealed proofs of what is sealed. */
  readonly proofs: string;
  readonly proofsSha256: string;
}

/** RFC 3339, UTC. */
export type Instant = string;

export type RoundKind = 'train' | 'evaluate';

/** One site's signed word on the state after a round; `stateHmac` is hex, or `SUM_CHECK`. */
export interface SignedStateRecord {
  readonly keyEpoch: number;
  readonly round: number;
  readonly attempt: number;
  readonly stateHmac: string;
  /** Hex. */
  readonly signature: string;
}

/** A statement as it came: canonical JSON and signature (hex), so that anybody can check it later. */
export interface SignedStatement {
  readonly json: string;
  readonly signature: string;
}

/**
 * Everything that can happen to a study. Each event is stored before anything follows from it; the state is their
 * fold, so a coordinator that was killed reads them and goes on. Deadlines, decisions of people and words of sites
 * are events alike.
 */
export type StudyEvent =
  | {
      readonly type: 'approved';
      readonly site: SiteName;
      readonly approval: SignedStatement;
      readonly release: 'ask' | 'in-advance';
      /** Last day (UTC) on which it counts. */
      readonly until: string | null;
    }
  | { readonly type: 'withdrawn'; readonly site: SiteName; readonly approval: SignedStatement }
  /** The site rests: it said so at its own desk. */
  | { readonly type: 'paused'; readonly site: SiteName; readonly by: 'site' | 'officer'; readonly word: SignedStatement }
  | { readonly type: 'resumed'; readonly site: SiteName; readonly word: SignedStatement }
  /** `rosterEpoch`: whose keys hold in the study, for all of it. */
  | { readonly type: 'launched'; readonly by: string; readonly rosterEpoch: number }
  /** Keys of a new epoch are asked of the steward. */
  | { readonly type: 'keysAsked'; readonly keyEpoch: number; readonly steward: SiteName }
  | {
      readonly type: 'confirmed';
      readonly site: SiteName;
      readonly keyEpoch: number;
      readonly have: string;
      readonly state: SignedStateRecord;
    }
  /** A block of seats begins: its sites make fresh keys (PROTOCOL.md section 4, step 1). */
  | { readonly type: 'blockOpened'; readonly block: number; readonly seats: number; readonly sites: readonly SiteName[] }
  | { readonly type: 'advertised'; readonly site: SiteName; readonly block: number; readonly advert: AdvertRecord }
  /** U1 of the block. */
  | { readonly type: 'advertsClosed'; readonly block: number; readonly sites: readonly SiteName[] }
  /** A member's part of the seed of the block's mask graph, hex. */
  | { readonly type: 'revealed'; readonly site: SiteName; readonly block: number; readonly part: string }
  | { readonly type: 'shared'; readonly site: SiteName; readonly block: number; readonly root: ShareRootRecord }
  /** U2 of the block: those whose boxes all reached the relay. */
  | { readonly type: 'sharesClosed'; readonly block: number; readonly sites: readonly SiteName[] }
  | { readonly type: 'held'; readonly site: SiteName; readonly block: number }
  /** Enough sites hold the keys; rounds can begin, or go on. */
  | { readonly type: 'keysReady'; readonly keyEpoch: number }
  | {
      readonly type: 'announced';
      readonly round: number;
      readonly attempt: number;
      readonly kind: RoundKind;
      readonly block: number;
      readonly seat: number;
      readonly participants: readonly SiteName[];
      readonly deadline: Instant;
    }
  | {
      readonly type: 'refused';
      readonly site: SiteName;
      readonly round: number;
      readonly attempt: number;
      readonly code: RefusalCode;
      readonly fields: Readonly<Record<string, string>>;
      readonly incident: string;
      readonly decision: 'refused' | 'failed';
      /** The block of seats that it is about, where it is about one. */
      readonly block?: number;
    }
  /** The researcher lets the study go on without a site that refused. */
  | { readonly type: 'excused'; readonly site: SiteName; readonly by: string }
  | {
      readonly type: 'uploaded';
      readonly site: SiteName;
      readonly round: number;
      readonly attempt: number;
      readonly bytes: number;
      readonly sha256: string;
      readonly signature: string;
    }
  | { readonly type: 'listClosed'; readonly round: number; readonly attempt: number; readonly contributors: readonly SiteName[] }
  | { readonly type: 'listSigned'; readonly site: SiteName; readonly round: number; readonly attempt: number; readonly signature: string }
  | {
      readonly type: 'unmasked';
      readonly site: SiteName;
      readonly round: number;
      readonly attempt: number;
      readonly release: ReleaseRecord;
    }
  | { readonly type: 'foldSigned'; readonly site: SiteName; readonly round: number; readonly attempt: number; readonly signature: string }
  | {
      readonly type: 'attemptFailed';
      readonly round: number;
      readonly attempt: number;
      readonly reason: AttemptFailure;
      readonly sites: readonly SiteName[];
    }
  | {
      readonly type: 'folded';
      readonly round: number;
      readonly attempt: number;
      readonly bytes: number;
      readonly sha256: string;
      /** Holders whose shares were not those that were dealt to them; they were left out. */
      readonly faulty?: readonly SiteName[];
    }
  /** `faulty`: of whom the site says that they released, or dealt, shares that were not right. */
  | { readonly type: 'agreed'; readonly site: SiteName; readonly state: SignedStateRecord; readonly faulty?: readonly SiteName[] }
  | { readonly type: 'roundDone'; readonly round: number; readonly attempt: number; readonly outOfStep: readonly SiteName[] }
  | {
      readonly type: 'metricsSigned';
      readonly site: SiteName;
      readonly round: number;
      readonly statement: SignedStatement;
      readonly totals: Statement<'metrics'>['totals'];
    }
  | {
      readonly type: 'voted';
      readonly site: SiteName;
      readonly vote: 'yes' | 'no';
      readonly bundleHmac: string;
      readonly statement: SignedStatement;
    }
  | { readonly type: 'bundleSigned'; readonly site: SiteName; readonly sha256: string; readonly statement: SignedStatement }
  | { readonly type: 'bundleReceived'; readonly site: SiteName; readonly sha256: string; readonly bytes: number }
  /** A site never releases a round of a study that has ended: PROTOCOL.md section 7. Signature in hex. */
  | { readonly type: 'abortSigned'; readonly site: SiteName; readonly round: number; readonly signature: string }
  | {
      readonly type: 'ended';
      readonly outcome: Outcome;
      readonly by: string;
      readonly reason: EndReason;
      readonly sites: readonly SiteName[];
    };

/**
 * `tooFew`: under minSites at the deadline; `missing`: a site that the study waits for; `unsigned`: too few sites signed the
 * list, so nobody can have released; `unfoldable`: the fold failed; `sumCheck`: the opened sum did not pass its check;
 * `dealt`: a site's shares give another key than it advertised, so that its masks cannot be taken out.
 */
export const ATTEMPT_FAILURES = ['tooFew', 'missing', 'unsigned', 'unfoldable', 'sumCheck', 'dealt'] as const;
export type AttemptFailure = (typeof ATTEMPT_FAILURES)[number];

export type Outcome = 'done' | 'stopped' | 'failed';

export type EndReason = 'released' | 'notReleased' | 'stopped' | 'attemptsUsed' | 'sumCheck' | 'waitedTooLong';

/** An event with its place in the study's record. */
export interface StoredEvent {
  readonly seq: number;
  readonly at: Instant;
  readonly event: StudyEvent;
}
