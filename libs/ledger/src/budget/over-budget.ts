import type { EntryBody, Purpose } from '../entries/entry.js';
import type { Unsummed } from './judge.js';
import { holdingKey, type LedgerState } from './state.js';
import { isAdmitted, parsePair, plus, type Pair } from './sums.js';

/** A sum as it would be. */
export interface WantedSum {
  readonly purpose: Purpose;
  /** Of one round. */
  readonly price: Pair;
  readonly sums: Pair;
}

/** The first sum that an entry would bring past the budget, for the sentence that refuses it. */
export function overBudget(state: LedgerState, body: Unsummed | EntryBody): WantedSum | undefined {
  return wantedSums(state, body).find(({ sums }) => !isAdmitted(sums, state.terms.budgets));
}

function wantedSums({ totals, studies }: LedgerState, body: Unsummed | EntryBody): readonly WantedSum[] {
  if (body.kind === 'reserve')
    return body.items.map(({ purpose, deciding, rounds }) => {
      const price = parsePair(deciding);
      return { purpose, price, sums: plus(totals[purpose].held, price, BigInt(rounds.length)) };
    });
  if (body.kind !== 'spend') return [];
  return body.purposes.flatMap((purpose) => {
    const price = studies.get(body.study)?.holdings.get(holdingKey(purpose, body.round))?.price;
    return price === undefined ? [] : [{ purpose, price, sums: plus(totals[purpose].spent, price) }];
  });
}
