import type { FilterTerms } from '../accountant.js';
import type { Purpose } from '../entries/entry.js';
import type { LedgerName } from '../notes/checkpoint.js';
import { NO_TOTALS, type Pair, type Totals } from './sums.js';

/** What was fixed at creation, and the limit as it stands. */
export interface Terms extends FilterTerms {
  /** B_k at these orders for this limit, in units of 1e-12; may be negative. */
  readonly budgets: Pair;
  readonly witnesses: readonly string[];
  /** w: how many of the witnesses must cosign. */
  readonly quorum: number;
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
  /** By purpose and round; see {@link holdingKey}. */
  readonly holdings: Map<HoldingKey, Holding>;
  /** Rounds of the last block, by purpose. */
  readonly lastBlock: Map<Purpose, number>;
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
  terms: Terms;
  totals: Totals;
  frozen: boolean;
}

/** The state after the entry that created a ledger. */
export function newState(name: LedgerName, key: string, terms: Terms): LedgerState {
  return { name, studies: new Map(), keys: [key], terms, totals: NO_TOTALS, frozen: false };
}
