import { NO_CHARGE, type Charge } from '../filter/charge.js';
import { newFilterTerms, type FilterTerms } from '../filter/filter-terms.js';

/** A population's budget as a study meets it. */
export interface PopulationLedger {
  /** As it is called in a sentence: `population heart at site-a`. */
  readonly name: string;
  readonly terms: FilterTerms;
  /** Reserved or spent, at the two orders, by whose patients. */
  readonly held: { readonly training: Charge; readonly evaluation: Charge };
}

/** A ledger on which nothing was spent, with the orders that it will be created with. @throws ConsiliumError BUDGET_LIMIT */
export function newLedger(name: string, epsilonMax: number, delta: number): PopulationLedger {
  return { name, terms: newFilterTerms(epsilonMax, delta), held: { training: NO_CHARGE, evaluation: NO_CHARGE } };
}
