import {
  ACCOUNTANT_VERSION,
  budgets,
  chargeOf,
  Decimal,
  decimalDown,
  gridCharge,
  newFilterTerms,
  ReleasedEvent,
  shownBudget,
  type Charge,
  type PopulationLedger,
} from '@consilium/privacy';
import { canonicalJson, ConsiliumError, schemaProblems, type Json } from '@consilium/protocol';
import type { Accountant, Price } from './accountant.js';
import type { LedgerState } from './budget/state.js';
import { formatPair } from './budget/sums.js';
import type { Purpose } from './entries/entry.js';

/** Prices that are kept: a study has one event for training and one for evaluation. */
const REMEMBERED = 256;

/** libs/privacy as the accountant of a ledger: Rényi divergences, the filter at two orders, and what is shown. */
export function rdpAccountant(): Accountant {
  const known = new Map<string, Price>();
  return {
    version: ACCOUNTANT_VERSION,
    decidingOrders: (delta, epsilonMax) => newFilterTerms(epsilonMax, delta).orders,
    budgets(terms) {
      const [one, other] = budgets(terms);
      return [decimalDown(one), decimalDown(other)];
    },
    price(event, orders) {
      const key = `${orders.join(' ')} ${canonicalJson(event).toString('utf8')}`;
      const price = known.get(key) ?? priced(event, orders);
      if (known.size >= REMEMBERED) known.clear();
      known.set(key, price);
      return price;
    },
    shown(terms, sums) {
      const charges = sums.map(([one, other]): Charge => [Decimal.parse(one), Decimal.parse(other)]);
      return shownBudget(terms, charges);
    },
  };
}

/** A ledger as the planner of libs/privacy takes it: what a study over this population would find. */
export function forPlanner({ name, terms, totals }: LedgerState): PopulationLedger {
  const { delta, epsilonMax, orders } = terms;
  const held = (purpose: Purpose): Charge => {
    const [one, other] = formatPair(totals[purpose].held);
    return [Decimal.parse(one), Decimal.parse(other)];
  };
  return {
    name: `population ${name.population} at ${name.site}`,
    terms: { delta, epsilonMax, orders },
    held: { training: held('training'), evaluation: held('evaluation') },
  };
}

function priced(json: Json, orders: readonly [number, number]): Price {
  const event = ReleasedEvent.safeParse(json);
  if (!event.success)
    throw new ConsiliumError({
      code: 'EVENT_INVALID',
      errorClass: 'usage',
      message: 'A round cannot be priced: what it releases is not an event that a ledger may hold.',
      fix: 'Propose the study again with this version of consilium; it derives the event.',
      problems: schemaProblems(ReleasedEvent, event.error),
    });
  const grid = Object.fromEntries(gridCharge(event.data).map(({ order, epsilon }) => [String(order), epsilon]));
  return { grid, deciding: chargeOf(event.data, { orders }) };
}
