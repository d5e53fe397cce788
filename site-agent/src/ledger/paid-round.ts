import type { Purpose, Reservation } from '@consilium/ledger';
import type { ResolvedStudy } from '@consilium/protocol';
import type { AttemptPlace } from '../rounds/attempts.js';

declare const issued: unique symbol;

/**
 * A round that may touch data: its price is reserved, on disk, cosigned and mirrored, or its mode promises nothing that a
 * ledger counts (PROTOCOL.md section 7, "Order"). Only the budget desk makes one.
 */
export interface ReservedRound {
  readonly round: number;
  /** Absent in modes `none` and `site`. */
  readonly paid?: {
    readonly purposes: readonly Purpose[];
    readonly reservation: Reservation;
    /** Whether the price is spent: another attempt may carry the integers that were drawn, and draw no others. */
    readonly spent: boolean;
  };
  readonly [issued]: 'reserved';
}

/** A round whose first byte may leave: it is marked as spent, on disk. Only the budget desk makes one. */
export interface SpentRound {
  readonly round: number;
  readonly [issued]: 'spent';
}

/** For the budget desk alone. */
export const issueReserved = (round: Omit<ReservedRound, typeof issued>): ReservedRound => round as ReservedRound;
/** For the budget desk alone. */
export const issueSpent = ({ round }: ReservedRound): SpentRound => ({ round }) as SpentRound;

/** Whether a study's rounds are counted per patient; the others need no ledger. */
export function needsBudget({ privacy }: ResolvedStudy): boolean {
  return privacy.mode === 'patient/distributed' || privacy.mode === 'patient/local';
}

export type SpendPlace = Pick<AttemptPlace, 'round' | 'attempt'>;
