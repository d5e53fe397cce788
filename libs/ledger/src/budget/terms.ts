import { decimalValue } from '../decimal.js';
import type { EntryOf } from '../entries/entry.js';
import { FEWEST_WITNESSES, witnessQuorum } from '../witness/quorum.js';
import { fault, type Fault } from './fault.js';
import { parsePair, type Pair } from './sums.js';

/** The largest delta without an explicit policy (PROTOCOL.md section 7). */
const USUAL_DELTA = 1e-5;
/** What a product of two doubles may be off. */
const ROUNDING = 1 + 1e-9;

type Terms = Pick<
  EntryOf<'create'>,
  'site' | 'publicSize' | 'delta' | 'largerDelta' | 'epsilonMax' | 'orders' | 'budgets' | 'witnesses' | 'quorum'
>;

/** What is wrong with the terms on which a ledger is created, whatever its accountant says of the numbers. */
export function termsFault(terms: Terms): Fault | undefined {
  const witnesses = new Set(terms.witnesses);
  if (!terms.largerDelta && (terms.delta > USUAL_DELTA || terms.delta * 10 * terms.publicSize > ROUNDING))
    return fault('terms', 'has a delta above min(1e-5, 1/(10·n̂)), and no policy that takes it');
  if (witnesses.size !== terms.witnesses.length || terms.witnesses.includes(terms.site))
    return fault('terms', 'names a witness twice, or its own site as one');
  if (witnesses.size < FEWEST_WITNESSES) return fault('terms', `names fewer than ${FEWEST_WITNESSES} witnesses`);
  if (terms.quorum !== witnessQuorum(witnesses.size))
    return fault('terms', `does not ask ${witnessQuorum(witnesses.size)} witnesses to cosign`);
  if (terms.orders[0] > terms.orders[1]) return fault('terms', 'has its orders the wrong way round');
  return limitFault(terms.epsilonMax, parsePair(terms.budgets));
}

/** A limit at which nothing at all could be admitted is no limit but a mistake. */
export function limitFault(epsilonMax: number, budgets: Pair): Fault | undefined {
  if (budgets.some((budget) => budget > 0n)) return undefined;
  return fault(
    'terms',
    `has a limit at which no order has a budget; it must be above ${(Math.ceil(smallestLimit(epsilonMax, budgets) * 1e4) / 1e4).toFixed(4)}`,
  );
}

/** ε_max − B_k does not depend on ε_max, so that the smallest possible limit can be read off any. Exclusive. */
export function smallestLimit(epsilonMax: number, budgets: Pair): number {
  return Math.min(...budgets.map((budget) => epsilonMax - decimalValue(budget)));
}
