import { z } from 'zod';

/** Digits after the point: 1e-12 is what rounding up may add to an entry. */
const DIGITS = 12;
const UNIT = 10n ** BigInt(DIGITS);
/** Beyond this a double has no digit left that could be rounded. */
const LARGEST = 2 ** 53;

/**
 * A number as a ledger writes it: digits, a point, twelve digits. Sums of such numbers are exact, the same on every
 * machine and at every time. `0.000000000001` and `-12.500000000000` are ones.
 */
export const Decimal = z
  .string()
  .regex(/^-?\d{1,20}\.\d{12}$/, 'a number with twelve digits after the point')
  .brand<'Decimal'>();
export type Decimal = z.infer<typeof Decimal>;

/** The smallest decimal that is not below a number. @throws RangeError where there is none */
export function decimalUp(value: number): Decimal {
  return format(-floorUnits(-value));
}

/** The largest decimal that is not above a number. @throws RangeError where there is none */
export function decimalDown(value: number): Decimal {
  return format(floorUnits(value));
}

export const ZERO = decimalUp(0);

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  return format(units(a) + units(b));
}

/** For what was reserved and came back. */
export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return format(units(a) - units(b));
}

/** The same number so many times. @param times - a whole number */
export function timesDecimal(a: Decimal, times: number): Decimal {
  return format(units(a) * BigInt(times));
}

/** Below 0, 0 or above, as a is less than, equal to or greater than b. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const difference = units(a) - units(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The nearest double; for showing, never for deciding. */
export function decimalValue(decimal: Decimal): number {
  return Number(decimal);
}

/** ⌊value·10^12⌋ of the double itself, which is a fraction with a power of two below. */
function floorUnits(value: number): bigint {
  const magnitude = Math.abs(value);
  if (!(magnitude < LARGEST)) throw new RangeError('a number that a ledger cannot hold');
  const whole = Math.floor(magnitude);
  let rest = magnitude - whole;
  let digits = 0n;
  let bits = 0n;
  // Every step takes 50 bits of the fraction off, without rounding; the smallest double has 1074.
  while (rest !== 0) {
    rest *= 2 ** 50;
    const piece = Math.floor(rest);
    digits = (digits << 50n) + BigInt(piece);
    bits += 50n;
    rest -= piece;
  }
  const scaled = digits * UNIT;
  const down = BigInt(whole) * UNIT + (scaled >> bits);
  const exact = (scaled >> bits) << bits === scaled;
  return value >= 0 ? down : exact ? -down : -down - 1n;
}

function units(decimal: Decimal): bigint {
  return BigInt(decimal.replace('.', ''));
}

function format(value: bigint): Decimal {
  const magnitude = value < 0n ? -value : value;
  const digits = magnitude.toString().padStart(DIGITS + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}` as Decimal;
}
