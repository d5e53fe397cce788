import { z } from 'zod';

/** Digits after the point that a decimal may have. */
const PLACES = 18;
const ONE = 10n ** BigInt(PLACES);

/**
 * A number as it stands in a ledger: a decimal string in its shortest form, at most 12 digits before and 18 after the
 * point, never an exponent. Sums are added exactly, so that every reader comes to the same digits.
 */
export const Decimal = z
  .string()
  .regex(
    /^(?:0|-?(?:[1-9]\d{0,11}|0(?=\.))(?:\.\d{0,17}[1-9])?)$/,
    'a decimal in its shortest form, at most 12 digits before and 18 after the point',
  );

/** A {@link Decimal} that is not negative. */
export const NonNegativeDecimal = Decimal.refine((text) => !text.startsWith('-'), 'not negative');

/** A decimal in units of 1e-18. */
export function parseDecimal(text: string): bigint {
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = (negative ? text.slice(1) : text).split('.');
  const scaled = BigInt(whole) * ONE + BigInt(fraction.padEnd(PLACES, '0'));
  return negative ? -scaled : scaled;
}

/** The shortest form of a number in units of 1e-18. */
export function formatDecimal(scaled: bigint): string {
  const size = scaled < 0n ? -scaled : scaled;
  const fraction = (size % ONE).toString().padStart(PLACES, '0').replace(/0+$/, '');
  return `${scaled < 0n ? '-' : ''}${size / ONE}${fraction && `.${fraction}`}`;
}

/**
 * A fraction as a number of percent, rounded up at the eighth place, for people: bars and texts, never a decision.
 * @returns 0 and up; Infinity where `whole` is not positive
 */
export function percentOf(part: bigint, whole: bigint): number {
  if (whole <= 0n) return Number.POSITIVE_INFINITY;
  return Number((part * 10_000_000_000n + whole - 1n) / whole) / 100_000_000;
}
