import { formatDecimal, parseDecimal } from '../decimal.js';
import { PURPOSES, type Purpose, type Sums } from '../entries/entry.js';

/** Rényi divergences at the two deciding orders, in units of 1e-12. */
export type Pair = readonly [bigint, bigint];

/** What is held (reserved or spent) and what of it is spent. */
export interface PurposeTotals {
  readonly held: Pair;
  readonly spent: Pair;
}

export type Totals = Readonly<Record<Purpose, PurposeTotals>>;

const ZERO: Pair = [0n, 0n];
export const NO_TOTALS: Totals = { training: { held: ZERO, spent: ZERO }, evaluation: { held: ZERO, spent: ZERO } };

export function parsePair([one, other]: readonly [string, string]): Pair {
  return [parseDecimal(one), parseDecimal(other)];
}

export function formatPair([one, other]: Pair): [string, string] {
  return [formatDecimal(one), formatDecimal(other)];
}

export function plus([a, b]: Pair, [c, d]: Pair, times: bigint = 1n): Pair {
  return [a + c * times, b + d * times];
}

/** The sums as an entry writes them. */
export function formatSums(totals: Totals): Sums {
  const [training, evaluation] = PURPOSES.map((purpose) => ({
    held: formatPair(totals[purpose].held),
    spent: formatPair(totals[purpose].spent),
  }));
  if (training === undefined || evaluation === undefined) throw new TypeError('two purposes');
  return { training, evaluation };
}

/**
 * The rule of PROTOCOL.md section 7: for some order α_k with B_k > 0, Σ ε_i(α_k) ≤ B_k. Exact.
 * The orders and δ/2 for each were fixed when the ledger was created (Feldman and Zrnic 2021).
 */
export function isAdmitted(sums: Pair, budgets: Pair): boolean {
  return budgets.some((budget, k) => budget > 0n && (sums[k] ?? 0n) <= budget);
}
