import { ConsiliumError } from '@consilium/protocol';
import type { PrivacyEvent } from '../events/privacy-event.js';
import { admits, shownBudget } from '../filter/budget-filter.js';
import { addCharges, chargeOf, NO_CHARGE, type Charge } from '../filter/charge.js';
import { compareDecimals, ZERO } from '../filter/decimal.js';
import type { FilterTerms } from '../filter/filter-terms.js';

const LARGEST = 1e6;
/** Relative: what is named is rounded up, and must still be enough. */
const PRECISION = 1e-4;

/** A population's ledger as a study meets it. */
export interface LedgerState {
  readonly terms: FilterTerms;
  /** Sum of the charges of the part (training or evaluation) that the study draws from. */
  readonly spent: Charge;
}

/**
 * The least noise multiplier, rounded up to four digits, with which the whole study fits into what is left at the
 * ledger's own orders. It is these that decide, not the best order of the study (PROTOCOL.md section 7).
 * @returns undefined where no noise is enough: the budget is used up
 */
export function noiseForLedger(ledger: LedgerState, eventAt: (noiseMultiplier: number) => PrivacyEvent): number | undefined {
  const fits = (noiseMultiplier: number) => {
    try {
      return admits(ledger.terms, ledger.spent, chargeOf(eventAt(noiseMultiplier), ledger.terms));
    } catch (error) {
      if (error instanceof ConsiliumError && error.code === 'CHARGE_UNBOUNDED') return false;
      throw error;
    }
  };
  let [low, high] = [0.05, 0.05];
  while (!fits(high)) {
    if (high >= LARGEST) return undefined;
    [low, high] = [high, Math.min(LARGEST, high * 2)];
  }
  while (high - low > high * PRECISION) {
    const middle = (low + high) / 2;
    if (fits(middle)) high = middle;
    else low = middle;
  }
  const rounded = Math.ceil(high * 1e4) / 1e4;
  return fits(rounded) ? rounded : high;
}

/**
 * Refuses a study that the ledger would stop before its end, and says which noise multiplier is large enough.
 * @throws ConsiliumError BUDGET_EXHAUSTED
 */
export function requireLedgerRoom(
  population: string,
  ledger: LedgerState,
  noiseMultiplier: number,
  eventAt: (noiseMultiplier: number) => PrivacyEvent,
): void {
  const charge = chargeOf(eventAt(noiseMultiplier), ledger.terms);
  if (admits(ledger.terms, ledger.spent, charge)) return;
  const enough = noiseForLedger(ledger, eventAt);
  const reaches = shownBudget(ledger.terms, [addCharges(ledger.spent, charge)]).epsilonUsed;
  const untouched = ledger.spent.every((each) => compareDecimals(each, ZERO) === 0);
  throw new ConsiliumError({
    code: 'BUDGET_EXHAUSTED',
    errorClass: 'refused',
    message: `This study would bring population ${population} to epsilon ${reaches.toFixed(2)}; its limit is ${ledger.terms.epsilonMax.toFixed(2)}.`,
    fix:
      enough === undefined
        ? `Ask the site's officer to raise the limit at the site${untouched ? '' : '; what was spent stays spent'}.`
        : `Take a noise multiplier of at least ${enough}, fewer rounds, or ask the site's officer to raise the limit at the site.`,
  });
}

/** A ledger on which nothing was spent. */
export function emptyLedger(terms: FilterTerms): LedgerState {
  return { terms, spent: NO_CHARGE };
}
