import type { Json } from '@consilium/protocol';

/** What one round costs: Rényi divergences of the event as decimals, rounded up. */
export interface Price {
  /** By order: what a later reader needs to see the cost at other orders than the deciding ones. */
  readonly grid: Readonly<Record<string, string>>;
  /** At the ledger's two deciding orders. */
  readonly deciding: readonly [string, string];
}

/** What a budget is measured by: δ and the two orders are fixed when a ledger is created, the limit may be moved. */
export interface FilterTerms {
  readonly delta: number;
  readonly epsilonMax: number;
  readonly orders: readonly [number, number];
}

/** A sum as people see it (PROTOCOL.md section 7, "What is shown"). */
export interface ShownSum {
  /** min over k of Σ ε_i(α_k)/B_k in percent, rounded up: what decides, and what bars show. */
  readonly percentUsed: number;
  /** ε_max − B_k + Σ ε_i(α_k) for that k, rounded up; 0 while nothing is in it. Not additive. */
  readonly epsilonUsed: number;
  /** ε_max less that, at least 0. */
  readonly epsilonLeft: number;
}

/**
 * What the ledger needs of an accountant (PROTOCOL.md section 7). It keeps an event as data and never looks into it;
 * whoever verifies prices it again.
 */
export interface Accountant {
  /** Kept with every price, so that a later reader knows by which rules it came about. */
  readonly version: string;
  /**
   * The two orders of a new ledger: max(2, ⌈1 + {0.85, 1.4}·ln(2/δ)/ε_max⌉).
   * @throws ConsiliumError BUDGET_LIMIT
   */
  decidingOrders(delta: number, epsilonMax: number): readonly [number, number];
  /**
   * B_k = ε_max − ln((α_k − 1)/α_k) + (ln(δ/2) + ln α_k)/(α_k − 1) for both orders, as decimals rounded down; not
   * above 0 where the limit cannot be kept at that order.
   */
  budgets(terms: FilterTerms): readonly [string, string];
  /** @throws ConsiliumError for an event that it does not know or that has too little noise for these orders */
  price(event: Json, orders: readonly [number, number]): Price;
  /** Sums of training and evaluation patients, or one of them: the larger is shown. */
  shown(terms: FilterTerms, sums: readonly (readonly [string, string])[]): ShownSum;
}
