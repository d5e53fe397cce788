import type { Accountant, ShownSum } from '../accountant.js';
import { PURPOSES, type Purpose } from '../entries/entry.js';
import type { LedgerState } from './state.js';
import { formatPair } from './sums.js';

export interface ShownPurpose {
  /** Reserved or spent: what a new reservation is judged by. */
  readonly held: ShownSum;
  readonly spent: ShownSum;
}

/** A population's budget as people see it. The larger of training and evaluation is what one number stands for. */
export interface ShownBudget extends ShownPurpose {
  readonly epsilonMax: number;
  readonly delta: number;
  readonly frozen: boolean;
  readonly training: ShownPurpose;
  readonly evaluation: ShownPurpose;
}

/** Pure: looking changes nothing (field case PRV-4). */
export function shownBudget({ terms, totals, frozen }: LedgerState, accountant: Accountant): ShownBudget {
  const shown = (purposes: readonly Purpose[]): ShownPurpose => ({
    held: accountant.shown(
      terms,
      purposes.map((purpose) => formatPair(totals[purpose].held)),
    ),
    spent: accountant.shown(
      terms,
      purposes.map((purpose) => formatPair(totals[purpose].spent)),
    ),
  });
  const { delta, epsilonMax } = terms;
  return {
    ...shown(PURPOSES),
    epsilonMax,
    delta,
    frozen: frozen !== undefined,
    training: shown(['training']),
    evaluation: shown(['evaluation']),
  };
}
