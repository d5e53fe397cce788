import { compareDecimals, decimalDown, decimalValue, ZERO } from './decimal.js';
import { addCharges, type Charge } from './charge.js';
import { budgets, type FilterTerms } from './filter-terms.js';

/**
 * The RDP filter (Feldman and Zrnic 2021): however events are chosen after earlier results and whatever studies run at
 * once, as long as some order has Σ ε_i(α_k) ≤ B_k the whole is (ε_max, δ)-private. Proof: split the outcomes by the
 * order that fits at the end; each part is (ε_max, δ/2); add. Training and evaluation patients are other people: each of
 * the two sums must pass by itself.
 *
 * @param spent - sum of all charges of one part, reserved ones included
 * @returns whether `charge` may be added
 */
export function admits(terms: FilterTerms, spent: Charge, charge: Charge): boolean {
  return fits(terms, addCharges(spent, charge));
}

/** Whether a sum lies within the budget at some order. Exact: decimals against decimals, budgets rounded down. */
export function fits(terms: FilterTerms, sum: Charge): boolean {
  return budgets(terms).some((budget, index) => budget > 0 && compareDecimals(sum[index] ?? ZERO, decimalDown(budget)) <= 0);
}

/** A budget as people see it. */
export interface ShownBudget {
  /** Part of the budget in percent, rounded up to a tenth: it decides. 100 is the limit. */
  readonly percentUsed: number;
  /** Epsilon used, rounded up to four digits; 0 while nothing was spent. Not additive: half of it is not half the budget. */
  readonly epsilonUsed: number;
  /** Epsilon left, the limit less what is used. */
  readonly epsilonLeft: number;
}

/**
 * What is shown (PROTOCOL.md section 7): used = min over k of Σ ε_i(α_k)/B_k, and ε_max − B_k + Σ ε_i(α_k) for that k.
 * @param sums - of the training and of the evaluation patients, or one of them; the larger is shown
 */
export function shownBudget(terms: FilterTerms, sums: readonly Charge[]): ShownBudget {
  const [first, ...others] = sums.map((sum) => usedOf(terms, sum));
  const used = others.reduce((most, each) => (each.share > most.share ? each : most), first ?? { share: 0, epsilon: 0 });
  return {
    percentUsed: Math.max(0, Math.ceil(used.share * 1e3 - 1e-9)) / 10,
    epsilonUsed: Math.max(0, Math.ceil(used.epsilon * 1e4 - 1e-7)) / 1e4,
    epsilonLeft: Math.max(0, Math.floor((terms.epsilonMax - used.epsilon) * 1e4 + 1e-7) / 1e4),
  };
}

function usedOf(terms: FilterTerms, sum: Charge): { readonly share: number; readonly epsilon: number } {
  if (sum.every((each) => compareDecimals(each, ZERO) === 0)) return { share: 0, epsilon: 0 };
  const candidates = budgets(terms).flatMap((budget, index) => {
    const spent = decimalValue(sum[index] ?? ZERO);
    return budget > 0 ? [{ share: spent / budget, epsilon: terms.epsilonMax - budget + spent }] : [];
  });
  return candidates.reduce((least, each) => (each.share < least.share ? each : least), { share: Infinity, epsilon: Infinity });
}
