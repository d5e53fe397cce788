import { formatDecimal, parseDecimal } from '../decimal.js';
import type { EntryOf } from '../entries/entry.js';
import { FEWEST_WITNESSES, witnessQuorum } from '../witness/quorum.js';
import { fault, type Fault } from './fault.js';
import { parsePair, type Pair } from './sums.js';

const ONE = parseDecimal('1');
/** The largest delta without an explicit policy (PROTOCOL.md section 7). */
const USUAL_DELTA = parseDecimal('0.00001');

type Terms = Pick<
  EntryOf<'create'>,
  'site' | 'publicSize' | 'delta' | 'largerDelta' | 'epsilonMax' | 'orders' | 'budgets' | 'witnesses' | 'quorum'
>;

/** What is wrong with the terms on which a ledger is created, whatever its accountant says of the numbers. */
export function termsFault(terms: Terms): Fault | undefined {
  const delta = parseDecimal(terms.delta);
  const witnesses = new Set(terms.witnesses);
  if (delta <= 0n || delta >= ONE) return fault('terms', 'has a delta that is not between 0 and 1');
  if (!terms.largerDelta && (delta > USUAL_DELTA || delta * 10n * BigInt(terms.publicSize) > ONE))
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
export function limitFault(epsilonMax: string, budgets: Pair): Fault | undefined {
  if (budgets.some((budget) => budget > 0n)) return undefined;
  return fault(
    'terms',
    `has a limit at which no order has a budget; it must be above ${formatDecimal(smallestLimit(epsilonMax, budgets))}`,
  );
}

/** ε_max − B_k does not depend on ε_max, so that the smallest possible limit can be read off any. Exclusive. */
export function smallestLimit(epsilonMax: string, budgets: Pair): bigint {
  const needed = budgets.map((budget) => parseDecimal(epsilonMax) - budget);
  return needed.reduce((least, limit) => (limit < least ? limit : least));
}
