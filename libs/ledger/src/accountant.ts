import type { Json } from '@consilium/protocol';

/** What one round costs: Rényi divergences of the event as decimals, rounded up. */
export interface Price {
  /** By order: what a later reader needs to see the cost at other orders than the deciding ones. */
  readonly grid: Readonly<Record<string, string>>;
  /** At the ledger's two deciding orders. */
  readonly deciding: readonly [string, string];
}

/**
 * What the ledger needs of an accountant (PROTOCOL.md section 7); libs/privacy is it. The ledger keeps an event as
 * data and never looks into it; whoever verifies prices it again.
 */
export interface Accountant {
  /** Kept with every price, so that a later reader knows by which rules it came about. */
  readonly version: string;
  /** The two orders that are fixed when a ledger is created: max(2, ⌈1 + {0.85, 1.4}·ln(2/δ)/ε_max⌉). */
  decidingOrders(delta: string, epsilonMax: string): readonly [number, number];
  /**
   * B_k = ε_max − ln((α_k − 1)/α_k) + (ln(δ/2) + ln α_k)/(α_k − 1) for both orders, rounded down.
   * Zero or less where a limit cannot be kept at that order.
   */
  budgets(orders: readonly [number, number], delta: string, epsilonMax: string): readonly [string, string];
  /** @throws ConsiliumError for an event that it does not know or cannot price at these orders */
  price(event: Json, orders: readonly [number, number]): Price;
}
