/** What people read. Never NaN: a figure that cannot be given has no value and a reason. */
export interface Figure {
  readonly name: string;
  readonly value: number | null;
  /** Of sampling patients, and of the noise where there is some; null where nobody knows it. */
  readonly standardError: number | null;
  /** Why there is no value. */
  readonly reason: string | null;
}

/** A total by name: null where it is held back, undefined where the study does not measure it. */
export type Values = (name: string) => number | null | undefined;

export const NOT_SHOWN = 'not shown: fewer than 10 patients would be seen';
export const ONE_CLASS = 'not defined: one class';
export const NO_PATIENTS = 'not defined: no patients';
const NOT_MEASURED = 'not measured in this study';

/** A value and its standard error, or the reason why it is not defined. */
export type Computed = string | { readonly value: number; readonly standardError?: number };

/**
 * @param needed - totals that the figure rests on
 * @param compute - given the same totals, none of them missing
 */
export function figure<const T extends readonly (number | null | undefined)[]>(
  name: string,
  needed: T,
  compute: (...totals: { [K in keyof T]: number }) => Computed,
): Figure {
  const absent = (reason: string): Figure => ({ name, value: null, standardError: null, reason });
  if (needed.includes(undefined)) return absent(NOT_MEASURED);
  if (needed.includes(null)) return absent(NOT_SHOWN);
  const found = compute(...(needed as unknown as { [K in keyof T]: number }));
  if (typeof found === 'string') return absent(found);
  if (!Number.isFinite(found.value)) return absent('not defined');
  const { value, standardError = Number.NaN } = found;
  return { name, value, standardError: Number.isFinite(standardError) ? standardError : null, reason: null };
}

/** A share of patients with its binomial standard error. @param noise - deviation of the noise in `part`, in patients */
export function share(part: number, whole: number, noise: number, empty: string): Computed {
  if (!(whole > 0)) return empty;
  const value = Math.min(1, Math.max(0, part / whole));
  return { value, standardError: Math.hypot(Math.sqrt((value * (1 - value)) / whole), noise / whole) };
}

/** A mean with its standard error. @param square - sum of the squares, where it is known */
export function meanOf(sum: number, patients: number, square?: number): Computed {
  if (!(patients > 0)) return NO_PATIENTS;
  const value = sum / patients;
  if (square === undefined) return { value };
  return { value, standardError: Math.sqrt(Math.max(0, square / patients - value * value) / patients) };
}

/** Standard error of an area under the ROC curve (Hanley and McNeil 1982, equation 1). */
export function aurocError(area: number, positives: number, negatives: number): number {
  const one = area / (2 - area) - area * area;
  const two = (2 * area * area) / (1 + area) - area * area;
  return Math.sqrt(Math.max(0, area * (1 - area) + (positives - 1) * one + (negatives - 1) * two) / (positives * negatives));
}
