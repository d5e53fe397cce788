import type { FilterTerms } from '../accountant.js';
import type { DecidedBy, Decision } from '../entries/decision.js';
import type { Purpose } from '../entries/entry.js';
import type { LedgerName } from '../notes/checkpoint.js';
import { firstRules, type WitnessRules } from '../witness/quorums.js';
import { NO_TOTALS, type Pair, type Totals } from './sums.js';

/** What was fixed at creation, and the limit as it stands. */
export interface Terms extends FilterTerms, WitnessRules {
  /** B_k at these orders for this limit, in units of 1e-12; may be negative. */
  readonly budgets: Pair;
}

/** One round of one study, for one purpose. */
export interface Holding {
  /** `aborted`: its price is back, and it can be neither used nor reserved again. */
  readonly status: 'reserved' | 'spent' | 'aborted';
  /** Index of the entry that reserved it. */
  readonly reserve: number;
  readonly price: Pair;
}

export type StudyStatus = 'approved' | 'paused' | 'withdrawn' | 'expired';

export interface StudyRecord {
  status: StudyStatus;
  /** Who brought it there. */
  by: DecidedBy;
  /** By purpose and round; see {@link holdingKey}. */
  readonly holdings: Map<HoldingKey, Holding>;
  /** Rounds of the last block, by purpose. */
  readonly lastBlock: Map<Purpose, number>;
}

/** A decision that stands in the ledger. */
export interface Decided {
  /** Of its entry. */
  readonly index: number;
  /** When it was entered; informs. */
  readonly at: string;
  readonly decision: Decision;
  readonly by: DecidedBy;
}

export type HoldingKey = `${Purpose} ${number}`;

export function holdingKey(purpose: Purpose, round: number): HoldingKey {
  return `${purpose} ${round}`;
}

/**
 * Everything that follows from the entries so far. Whoever folds owns it and changes it in place (a copy for each of
 * a hundred thousand entries would not do); others read.
 */
export interface LedgerState {
  readonly name: LedgerName;
  readonly studies: Map<string, StudyRecord>;
  /** Keys that have signed, oldest first, in hex; the last one signs now. */
  readonly keys: string[];
  /** Index of the entry that brought the last of them. */
  keySince: number;
  terms: Terms;
  totals: Totals;
  /** Who froze it; undefined where it is not frozen. */
  frozen: DecidedBy | undefined;
  /** The highest number of a request of the coordinator that stands here; 0 before there is one. */
  lastRequest: number;
  /** Oldest first. */
  readonly decisions: Decided[];
  /** Nonces of officers' words that stand here: each is entered once. */
  readonly words: Set<string>;
}

/** The state after the entry that created a ledger. @param witnesses - at least two */
export function newState(name: LedgerName, key: string, { witnesses, ...terms }: Omit<Terms, 'quorums'>): LedgerState {
  return {
    name,
    studies: new Map(),
    keys: [key],
    keySince: 0,
    terms: { ...terms, ...firstRules(witnesses) },
    totals: NO_TOTALS,
    frozen: undefined,
    lastRequest: 0,
    decisions: [],
    words: new Set(),
  };
}
