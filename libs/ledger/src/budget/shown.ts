import { formatDecimal, parseDecimal, percentOf } from '../decimal.js';
import { PURPOSES, type Purpose } from '../entries/entry.js';
import type { LedgerState, Terms } from './state.js';
import type { Pair } from './sums.js';

/** One sum as people see it (PROTOCOL.md section 7, "What is shown"). */
export interface ShownSum {
  /** min over k of Σ ε_i(α_k)/B_k: what decides, and what bars show. 0 and up. */
  readonly percent: number;
  /** ε_max − B_k + Σ ε_i(α_k) for that k; 0 while nothing is in it. Not additive. */
  readonly epsilon: string;
  /** ε_max less that; negative where a limit was tightened below what is held. */
  readonly left: string;
  /** The order α_k that decides here. */
  readonly order: number;
}

export interface ShownPurpose {
  /** Reserved or spent: what a new reservation is judged by. */
  readonly held: ShownSum;
  readonly spent: ShownSum;
}

export interface ShownBudget {
  readonly epsilonMax: string;
  readonly delta: string;
  readonly frozen: boolean;
  readonly training: ShownPurpose;
  readonly evaluation: ShownPurpose;
  /** The larger of the two by percent of what is held: the number to show where one is shown. */
  readonly larger: Purpose;
}

/** Pure: looking changes nothing (field case PRV-4). */
export function shownBudget({ terms, totals, frozen }: LedgerState): ShownBudget {
  const shown = (purpose: Purpose): ShownPurpose => ({
    held: shownSum(terms, totals[purpose].held),
    spent: shownSum(terms, totals[purpose].spent),
  });
  const [training, evaluation] = [shown('training'), shown('evaluation')];
  const [first, second] = PURPOSES;
  const larger = evaluation.held.percent > training.held.percent ? (second ?? 'evaluation') : (first ?? 'training');
  return { epsilonMax: terms.epsilonMax, delta: terms.delta, frozen, training, evaluation, larger };
}

/** Percent and epsilon of one pair of sums under the terms as they stand. */
export function shownSum({ epsilonMax, budgets, orders }: Terms, sums: Pair): ShownSum {
  const k = decidingOrder(budgets, sums);
  const limit = parseDecimal(epsilonMax);
  const empty = sums.every((sum) => sum === 0n);
  const epsilon = empty ? 0n : limit - budgets[k] + sums[k];
  return {
    percent: percentOf(sums[k], budgets[k]),
    epsilon: formatDecimal(epsilon),
    left: formatDecimal(limit - epsilon),
    order: orders[k],
  };
}

/** The k whose Σ/B_k is least, among those with B_k > 0; compared exactly, across. */
function decidingOrder(budgets: Pair, sums: Pair): 0 | 1 {
  if (budgets[0] <= 0n) return 1;
  if (budgets[1] <= 0n) return 0;
  return sums[0] * budgets[1] <= sums[1] * budgets[0] ? 0 : 1;
}
