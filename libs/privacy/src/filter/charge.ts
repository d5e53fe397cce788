import { ConsiliumError } from '@consilium/protocol';
import { gaussianSteps } from '../events/gaussian-steps.js';
import type { PrivacyEvent } from '../events/privacy-event.js';
import { divergence } from '../rdp/divergence.js';
import { ORDERS } from '../rdp/orders.js';
import { addDecimals, compareDecimals, decimalUp, decimalValue, subtractDecimals, timesDecimal, ZERO, type Decimal } from './decimal.js';
import type { FilterTerms } from './filter-terms.js';

/** ε(α) at the two deciding orders, rounded up: of one event, or of a sum of them. */
export type Charge = readonly [Decimal, Decimal];

export const NO_CHARGE: Charge = [ZERO, ZERO];

/** Written into every entry, and changed whenever a number below could come out differently. */
export const ACCOUNTANT_VERSION = 'rdp/1';

/** What verification allows an entry of another machine or version to lie below its own number. */
const TOLERANCE = 1e-9;

/**
 * What one event costs a ledger.
 * @throws ConsiliumError CHARGE_UNBOUNDED where no number can hold it
 */
export function chargeOf(event: PrivacyEvent, { orders }: Pick<FilterTerms, 'orders'>): Charge {
  const mechanisms = gaussianSteps(event);
  const at = (order: number) => stored(divergence(order, mechanisms));
  return [at(orders[0]), at(orders[1])];
}

/** ε(α) at all grid orders, for whoever converts with another delta later: kept beside the charge, decides nothing. */
export function gridCharge(event: PrivacyEvent): readonly { readonly order: number; readonly epsilon: Decimal }[] {
  const mechanisms = gaussianSteps(event);
  return ORDERS.map((order) => ({ order, epsilon: stored(divergence(order, mechanisms)) }));
}

export function addCharges(a: Charge, b: Charge): Charge {
  return [addDecimals(a[0], b[0]), addDecimals(a[1], b[1])];
}

/** What so many rounds of the same price cost. */
export function timesCharge(charge: Charge, rounds: number): Charge {
  return [timesDecimal(charge[0], rounds), timesDecimal(charge[1], rounds)];
}

/** Takes a returned reserve off. @throws RangeError where more would come back than was there */
export function subtractCharges(a: Charge, b: Charge): Charge {
  const rest = [subtractDecimals(a[0], b[0]), subtractDecimals(a[1], b[1])] as const;
  if (rest.some((each) => compareDecimals(each, ZERO) < 0)) throw new RangeError('a charge below nothing');
  return rest;
}

/** Whether a stored charge is at least what the event costs, up to the rounding of another machine. */
export function isChargeEnough(charge: Charge, event: PrivacyEvent, terms: Pick<FilterTerms, 'orders'>): boolean {
  const mechanisms = gaussianSteps(event);
  return charge.every((each, index) => decimalValue(each) >= divergence(terms.orders[index] ?? 2, mechanisms) * (1 - TOLERANCE));
}

function stored(value: number): Decimal {
  try {
    return decimalUp(value);
  } catch (cause) {
    throw new ConsiliumError({
      code: 'CHARGE_UNBOUNDED',
      errorClass: 'refused',
      message: 'The event has so little noise that its cost has no bound.',
      fix: 'Raise privacy.noiseMultiplier.',
      cause,
    });
  }
}
