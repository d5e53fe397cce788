import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrivacyEvent } from '../events/privacy-event.js';
import { gaussianDelta } from '../pld/gaussian-epsilon.js';
import { pldEpsilon } from '../pld/pld-epsilon.js';
import { admits, fits, shownBudget } from './budget-filter.js';
import { addCharges, chargeOf, gridCharge, isChargeEnough, NO_CHARGE, subtractCharges, type Charge } from './charge.js';
import { addDecimals, compareDecimals, Decimal, decimalDown, decimalUp, decimalValue } from './decimal.js';
import { budgets, FilterTerms, moveLimit, newFilterTerms, smallestLimit } from './filter-terms.js';

const gaussian = (sigma: number, steps = 1): PrivacyEvent => ({ kind: 'gaussian', sigma, steps });
const limits = fc.record({
  epsilonMax: fc.double({ min: 0.05, max: 50, noNaN: true }),
  delta: fc.double({ min: -12, max: -2, noNaN: true }).map((exponent) => 10 ** exponent),
});

/** Admits events until one is refused, as a ledger does. */
function spendAll(terms: FilterTerms, events: readonly PrivacyEvent[]): { sum: Charge; admitted: PrivacyEvent[] } {
  let sum = NO_CHARGE;
  const admitted: PrivacyEvent[] = [];
  for (const event of events) {
    const charge = chargeOf(event, terms);
    if (!admits(terms, sum, charge)) continue;
    sum = addCharges(sum, charge);
    admitted.push(event);
  }
  return { sum, admitted };
}

describe('a budget', () => {
  it('never lets Gaussian steps of any size beyond (ε_max, δ), which for them is known exactly', () => {
    const sigmas = fc.array(fc.double({ min: 0.5, max: 500, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(limits, sigmas, ({ epsilonMax, delta }, deviations) => {
        const terms = newFilterTerms(epsilonMax, delta);
        const { admitted } = spendAll(
          terms,
          deviations.map((sigma) => gaussian(sigma)),
        );
        const mu = Math.sqrt(admitted.reduce((sum, event) => sum + (event.kind === 'gaussian' ? event.sigma ** -2 : 0), 0));
        if (mu > 0) expect(gaussianDelta(mu, epsilonMax)).toBeLessThanOrEqual(delta);
      }),
    );
  });

  it('never lets sampled steps beyond it either, by the privacy-loss distribution', () => {
    const terms = newFilterTerms(2, 1e-5);
    const step: PrivacyEvent = { kind: 'sampledGaussian', q: 0.05, sigma: 1.1, steps: 1 };
    const { admitted } = spendAll(
      terms,
      Array.from({ length: 2_000 }, () => step),
    );
    expect(admitted.length).toBeGreaterThan(10);
    expect(admitted.length).toBeLessThan(2_000);
    expect(pldEpsilon({ ...step, steps: admitted.length }, 1e-5)).toBeLessThan(2);
  });

  it('is used up to its last part: a step that just fits is admitted, and one unit more is not', () => {
    const terms = newFilterTerms(1, 1e-5);
    const whole = budgets(terms).map(decimalDown) as [Decimal, Decimal];
    expect(fits(terms, whole)).toBe(true);
    const unit = Decimal.parse('0.000000000001');
    expect(fits(terms, [addDecimals(whole[0], unit), addDecimals(whole[1], unit)])).toBe(false);
    // The other order may still fit.
    expect(fits(terms, [addDecimals(whole[0], unit), whole[1]])).toBe(true);
  });

  it('reserves and gives back without a trace', () => {
    const terms = newFilterTerms(3, 1e-5);
    const before = chargeOf(gaussian(7, 3), terms);
    const reserve = chargeOf(gaussian(9, 50), terms);
    expect(subtractCharges(addCharges(before, reserve), reserve)).toEqual(before);
    expect(() => subtractCharges(before, addCharges(before, reserve))).toThrow(RangeError);
  });

  it('has the orders and budgets of PROTOCOL.md section 7', () => {
    const terms = newFilterTerms(6, 1e-5);
    expect(terms.orders).toEqual([3, 4]);
    const [first] = budgets(terms);
    expect(first).toBeCloseTo(6 - Math.log(2 / 3) + (Math.log(0.5e-5) + Math.log(3)) / 2, 9);
    expect(newFilterTerms(1, 1e-5).orders).toEqual([12, 19]);
  });

  const usual = fc.record({
    epsilonMax: fc.double({ min: 0.1, max: 10, noNaN: true }),
    delta: fc.double({ min: -9, max: -5, noNaN: true }).map((exponent) => 10 ** exponent),
  });
  it('costs a Gaussian study at most 16% more sigma than the best order in hindsight', () => {
    fc.assert(
      fc.property(usual, ({ epsilonMax, delta }) => {
        const terms = newFilterTerms(epsilonMax, delta);
        const precision = Math.max(...budgets(terms).map((budget, index) => budget / (terms.orders[index] ?? 2)));
        let best = 0;
        for (let order = 1.01; order < 1e5; order *= 1.01)
          best = Math.max(best, (epsilonMax - Math.log1p(-1 / order) + (Math.log(delta) + Math.log(order)) / (order - 1)) / order);
        expect(Math.sqrt(best / precision)).toBeLessThan(1.16);
      }),
    );
  });

  it('charges at least what verification recomputes, at every order', () => {
    const terms = newFilterTerms(3, 1e-6);
    const event = gaussian(4, 17);
    const charge = chargeOf(event, terms);
    expect(isChargeEnough(charge, event, terms)).toBe(true);
    expect(isChargeEnough(charge, gaussian(3.999, 17), terms)).toBe(false);
    expect(gridCharge(event)).toHaveLength(75);
    for (const { order, epsilon } of gridCharge(event)) expect(decimalValue(epsilon)).toBeGreaterThanOrEqual((order * 17) / 32);
  });

  it('refuses an event whose cost no number holds', () => {
    expect(() => chargeOf({ kind: 'gaussian', sigma: 1, steps: 1e9 }, newFilterTerms(1, 1e-5))).not.toThrow();
    expect(() => chargeOf({ kind: 'sampledGaussian', q: 0.5, sigma: 1e-3, steps: 1e9 }, { orders: [1e5, 1e6] })).toThrow(
      expect.objectContaining({ code: 'CHARGE_UNBOUNDED' }),
    );
  });
});

describe('a limit', () => {
  it('that moves keeps orders and delta, and a higher one admits whatever a lower one did', () => {
    const sums = fc.tuple(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: 0, max: 20, noNaN: true }));
    fc.assert(
      fc.property(limits, fc.double({ min: 0, max: 10, noNaN: true }), sums, ({ epsilonMax, delta }, more, [a, b]) => {
        const terms = newFilterTerms(epsilonMax, delta);
        const raised = moveLimit(terms, epsilonMax + more);
        expect(raised).toMatchObject({ orders: terms.orders, delta });
        const sum: Charge = [decimalUp(a), decimalUp(b)];
        if (fits(terms, sum)) expect(fits(raised, sum)).toBe(true);
      }),
    );
  });

  it('that leaves nothing is refused, and the smallest possible one, which is named, is not', () => {
    fc.assert(
      fc.property(limits, ({ epsilonMax, delta }) => {
        const terms = newFilterTerms(epsilonMax, delta);
        const smallest = smallestLimit(terms);
        expect(smallest).toBeLessThanOrEqual(epsilonMax + 1e-4);
        expect(budgets(moveLimit(terms, Math.max(1e-3, smallest))).some((budget) => budget > 0)).toBe(true);
        if (smallest > 0.0012)
          expect(() => moveLimit(terms, smallest - 1.01e-4)).toThrow(
            expect.objectContaining({ code: 'BUDGET_LIMIT', fix: `Take a limit of at least ${smallest}.` }),
          );
      }),
    );
  });

  it('below what is spent admits nothing more and shows more than all as used', () => {
    const terms = newFilterTerms(6, 1e-5);
    const sum = chargeOf(gaussian(2.5, 6), terms);
    expect(fits(terms, sum)).toBe(true);
    const tightened = moveLimit(terms, smallestLimit(terms));
    expect(admits(tightened, sum, NO_CHARGE)).toBe(false);
    expect(shownBudget(tightened, [sum])).toMatchObject({ epsilonLeft: 0 });
    expect(shownBudget(tightened, [sum]).percentUsed).toBeGreaterThan(100);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-9, 1e9])('of %d is refused with its name', (epsilonMax) => {
    expect(() => newFilterTerms(epsilonMax, 1e-5)).toThrow(
      expect.objectContaining({ code: 'BUDGET_LIMIT', problems: [expect.objectContaining({ path: 'epsilonMax' })] }),
    );
  });

  it.each([0, 1, 1.5, -1e-5, Number.NaN])('needs a delta, not %d', (delta) => {
    expect(() => newFilterTerms(1, delta)).toThrow(
      expect.objectContaining({ code: 'BUDGET_LIMIT', problems: [expect.objectContaining({ path: 'delta' })] }),
    );
    expect(FilterTerms.safeParse({ delta, epsilonMax: 1, orders: [12, 19] }).success).toBe(false);
  });
});

describe('what is shown', () => {
  const terms = newFilterTerms(3, 1e-5);

  it('is nothing while the ledger is empty', () => {
    expect(shownBudget(terms, [NO_CHARGE, NO_CHARGE])).toEqual({ percentUsed: 0, epsilonUsed: 0, epsilonLeft: 3 });
    expect(shownBudget(terms, [])).toEqual({ percentUsed: 0, epsilonUsed: 0, epsilonLeft: 3 });
  });

  it('is 100 percent and the whole epsilon where the budget is used to its end', () => {
    const whole = budgets(terms).map(decimalDown) as [Decimal, Decimal];
    expect(shownBudget(terms, [whole])).toEqual({ percentUsed: 100, epsilonUsed: 3, epsilonLeft: 0 });
  });

  it('is the larger of training and evaluation, and at most 100 percent while it is admitted', () => {
    const sums = fc.array(fc.tuple(fc.double({ min: 0, max: 3, noNaN: true }), fc.double({ min: 0, max: 3, noNaN: true })), {
      minLength: 1,
      maxLength: 2,
    });
    fc.assert(
      fc.property(sums, (values) => {
        const charges = values.map(([a, b]): Charge => [decimalUp(a), decimalUp(b)]);
        const shown = shownBudget(terms, charges);
        for (const charge of charges) expect(shown.percentUsed).toBeGreaterThanOrEqual(shownBudget(terms, [charge]).percentUsed);
        if (charges.every((charge) => fits(terms, charge))) expect(shown.percentUsed).toBeLessThanOrEqual(100);
        else expect(shown.percentUsed).toBeGreaterThanOrEqual(100);
      }),
    );
  });
});

describe('decimals', () => {
  it('are the nearest above and below any double, and add exactly', () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const scaled = (decimal: Decimal) => BigInt(decimal.replace('.', ''));
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [up, down] = [decimalUp(a), decimalDown(a)];
        expect(scaled(up) - scaled(down)).toBeGreaterThanOrEqual(0n);
        expect(scaled(up) - scaled(down)).toBeLessThanOrEqual(1n);
        expect(Decimal.safeParse(up).success).toBe(true);
        // 52 binary digits: exact as a fraction over 2^1074.
        const exact = BigInt(Math.round(a * 2 ** 20)) * 10n ** 12n;
        if (a * 2 ** 20 === Math.round(a * 2 ** 20)) {
          expect(scaled(up) * 2n ** 20n).toBeGreaterThanOrEqual(exact);
          expect(scaled(down) * 2n ** 20n).toBeLessThanOrEqual(exact);
        }
        expect(scaled(addDecimals(up, decimalUp(b)))).toBe(scaled(up) + scaled(decimalUp(b)));
        expect(compareDecimals(decimalUp(a), decimalUp(b))).toBe(Math.sign(Number(scaled(up) - scaled(decimalUp(b)))));
      }),
    );
  });

  it('round the smallest double up to one unit, and read as written', () => {
    expect(decimalUp(Number.MIN_VALUE)).toBe('0.000000000001');
    expect(decimalDown(Number.MIN_VALUE)).toBe('0.000000000000');
    expect(decimalUp(-0.5)).toBe('-0.500000000000');
    expect(decimalUp(12.5)).toBe('12.500000000000');
    expect(decimalUp(0.1)).toBe('0.100000000001');
    expect(decimalDown(0.1)).toBe('0.100000000000');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('do not hold %d', (value) => {
    expect(() => decimalUp(value)).toThrow(RangeError);
  });
});
