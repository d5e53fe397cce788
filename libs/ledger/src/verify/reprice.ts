import { canonicalJson, type Json } from '@consilium/protocol';
import type { Accountant, Price } from '../accountant.js';
import { fault, type Fault } from '../budget/fault.js';
import { parseDecimal } from '../decimal.js';
import type { Inspect } from '../entries/fold.js';
import type { ReserveItem } from '../entries/entry.js';

/** Relative slack of a recomputation: logarithms differ in their last digits between machines (PROTOCOL.md section 8). */
const SLACK = 1_000_000_000n;
/** One unit of 1e-12, for budgets near 0. */
const LEAST = 1n;

/** Whether what is stored is no less than what comes out now: stored ≥ recomputed·(1 − 1e-9). */
export function isEnough(stored: string, recomputed: string): boolean {
  return parseDecimal(stored) * SLACK >= parseDecimal(recomputed) * (SLACK - 1n);
}

/** Whether a stored budget is no more than what comes out now. */
export function isNoMore(stored: string, recomputed: string): boolean {
  const now = parseDecimal(recomputed);
  return parseDecimal(stored) <= now + (now < 0n ? -now : now) / SLACK + LEAST;
}

/** Prices every event again and derives every budget again. Events repeat, so each is priced once. */
export function repricing(accountant: Accountant): Inspect {
  const prices = new Map<string, Price | Fault>();
  const priceOf = (event: Json, orders: readonly [number, number]): Price | Fault => {
    const key = canonicalJson(event).toString('utf8');
    const known = prices.get(key) ?? priced(accountant, event, orders);
    prices.set(key, known);
    return known;
  };
  return (entry, state) => {
    switch (entry.kind) {
      case 'create': {
        const orders = accountant.decidingOrders(entry.delta, entry.epsilonMax);
        if (orders[0] !== entry.orders[0] || orders[1] !== entry.orders[1])
          return fault('terms', 'fixes other orders than its delta and limit give');
        return budgetFault(entry.budgets, accountant.budgets({ ...entry, orders }));
      }
      case 'limit':
        return state && budgetFault(entry.budgets, accountant.budgets({ ...state.terms, epsilonMax: entry.epsilonMax }));
      case 'reserve':
        return state && firstFault(entry.items, (item) => itemFault(item, priceOf(item.event, state.terms.orders)));
      default:
        return undefined;
    }
  };
}

function priced(accountant: Accountant, event: Json, orders: readonly [number, number]): Price | Fault {
  try {
    return accountant.price(event, orders);
  } catch {
    return fault('price', 'holds an event that this version cannot price');
  }
}

function budgetFault(stored: readonly [string, string], recomputed: readonly [string, string]): Fault | undefined {
  const fits = isNoMore(stored[0], recomputed[0]) && isNoMore(stored[1], recomputed[1]);
  return fits ? undefined : fault('terms', 'has a larger budget than its delta and limit give');
}

function itemFault(item: ReserveItem, price: Price | Fault): Fault | undefined {
  if ('fault' in price) return price;
  const deciding = item.deciding.every((stored, k) => isEnough(stored, price.deciding[k] ?? '0'));
  const grid = Object.entries(item.grid).every(([order, stored]) => {
    const now = price.grid[order];
    return now === undefined || isEnough(stored, now);
  });
  return deciding && grid ? undefined : fault('price', `prices its ${item.purpose} rounds below what their event costs`);
}

function firstFault<T>(items: readonly T[], look: (item: T) => Fault | undefined): Fault | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
