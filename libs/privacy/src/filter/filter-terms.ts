import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';

/**
 * What a population's budget is measured by, fixed when its ledger is created: delta and the two orders never change,
 * the limit may be moved at the site (PROTOCOL.md section 7).
 */
export interface FilterTerms {
  readonly delta: number;
  /** ε_max. */
  readonly epsilonMax: number;
  /** α_1 ≤ α_2, whole numbers ≥ 2; each answers for δ/2. */
  readonly orders: readonly [number, number];
}

export const SMALLEST_DELTA = 1e-15;
export const LARGEST_DELTA = 1e-2;
export const SMALLEST_LIMIT = 1e-3;
export const LARGEST_LIMIT = 1e3;
const LARGEST_ORDER = 1_000_000;
/** Where the two orders lie, as multiples of ln(2/δ)/ε_max above 1. */
const PLACES = [0.85, 1.4] as const;

const order = z.int().min(2).max(LARGEST_ORDER);
const limit = z.number().min(SMALLEST_LIMIT).max(LARGEST_LIMIT);
const delta = z.number().min(SMALLEST_DELTA).max(LARGEST_DELTA);

/** As they stand in a ledger's first line. */
export const FilterTerms: z.ZodType<FilterTerms> = z.strictObject({
  delta,
  epsilonMax: limit,
  orders: z.tuple([order, order]).readonly(),
});

/**
 * The terms of a new ledger: α_k = max(2, ⌈1 + {0.85, 1.4}·ln(2/δ)/ε_max⌉).
 * @param epsilonMax - 0.001 to 1000
 * @param probability - δ, 1e-15 to 0.01; at most min(1e-5, 1/(10·n̂)) unless the site's policy says otherwise
 * @throws ConsiliumError BUDGET_LIMIT
 */
export function newFilterTerms(epsilonMax: number, probability: number): FilterTerms {
  requireRange(epsilonMax, probability);
  const [first, second] = PLACES.map((place) =>
    Math.min(LARGEST_ORDER, Math.max(2, Math.ceil(1 + (place * Math.log(2 / probability)) / epsilonMax))),
  );
  return moveLimit({ delta: probability, epsilonMax, orders: [first ?? 2, second ?? 2] }, epsilonMax);
}

/** B_k of every order, rounded down: what the sum of ε_i(α_k) may reach. Not above 0 where the order decides nothing. */
export function budgets({ delta: probability, epsilonMax, orders }: FilterTerms): readonly [number, number] {
  const budget = (each: number) => epsilonMax - conversionLoss(each, probability);
  return [budget(orders[0]), budget(orders[1])];
}

/**
 * The same orders with another limit; what was spent stays spent.
 * @throws ConsiliumError BUDGET_LIMIT where no order leaves anything to spend, with the smallest limit that does
 */
export function moveLimit(terms: FilterTerms, epsilonMax: number): FilterTerms {
  requireRange(epsilonMax, terms.delta);
  const moved = { ...terms, epsilonMax };
  if (budgets(moved).some((budget) => budget > 0)) return moved;
  const smallest = smallestLimit(terms);
  throw new ConsiliumError({
    code: 'BUDGET_LIMIT',
    errorClass: 'refused',
    message: `A limit of epsilon ${epsilonMax} leaves nothing to spend at this ledger's orders (${terms.orders.join(' and ')}).`,
    fix: `Take a limit of at least ${smallest}.`,
    problems: [{ path: 'epsilonMax', detail: `at least ${smallest}` }],
  });
}

/** The least limit, to four digits after the point, at which some order has a budget above 0. */
export function smallestLimit({ delta: probability, orders }: FilterTerms): number {
  const least = Math.min(...orders.map((each) => conversionLoss(each, probability)));
  return (Math.floor(least * 1e4) + 1) / 1e4;
}

/** ε_max − B_k = ln((α − 1)/α) − (ln(δ/2) + ln α)/(α − 1), rounded up. */
function conversionLoss(each: number, probability: number): number {
  const exact = Math.log1p(-1 / each) - (Math.log(probability / 2) + Math.log(each)) / (each - 1);
  return exact + 2 ** -48 * (1 + Math.abs(exact) + Math.abs(Math.log(probability)));
}

function requireRange(epsilonMax: number, probability: number): void {
  const wrong = !limit.safeParse(epsilonMax).success
    ? { path: 'epsilonMax', detail: `a number from ${SMALLEST_LIMIT} to ${LARGEST_LIMIT}` }
    : !delta.safeParse(probability).success
      ? { path: 'delta', detail: `a number from ${SMALLEST_DELTA} to ${LARGEST_DELTA}` }
      : undefined;
  if (wrong === undefined) return;
  throw new ConsiliumError({
    code: 'BUDGET_LIMIT',
    errorClass: 'usage',
    message: `${wrong.path} must be ${wrong.detail}.`,
    fix: `Set ${wrong.path} of the population.`,
    problems: [wrong],
  });
}
