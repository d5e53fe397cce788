import { z } from 'zod';

/** Digits after the point; 1e-12 is what rounding up may add to an entry. The same form as in libs/privacy. */
const PLACES = 12;
const ONE = 10n ** BigInt(PLACES);

/**
 * A number as it stands in a ledger: digits, a point, twelve digits, in one spelling. Sums are added exactly, so that
 * every reader comes to the same digits.
 */
export const Decimal = z
  .string()
  .regex(/^-?(?:0|[1-9]\d{0,11})\.\d{12}$/, 'a number with twelve digits after the point')
  .refine((text) => !/^-0\.0*$/.test(text), 'zero has no sign');

/** A {@link Decimal} that is not negative. */
export const NonNegativeDecimal = Decimal.refine((text) => !text.startsWith('-'), 'not negative');

/** A decimal in units of 1e-12. */
export function parseDecimal(text: string): bigint {
  return BigInt(text.replace('.', ''));
}

/** @param units - of 1e-12 */
export function formatDecimal(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(PLACES + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`;
}

/** The nearest double, for people and for other formulas than the one that decides. */
export function decimalValue(units: bigint): number {
  return Number(units) / Number(ONE);
}
