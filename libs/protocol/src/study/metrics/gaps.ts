import type { Figure } from './figure.js';

/** The largest difference of one figure between the levels of a subgroup (fairness audit). */
export interface Gap {
  readonly figure: string;
  readonly lowest: string | null;
  readonly highest: string | null;
  readonly gap: number | null;
  /** Of the difference; null where nobody knows it. */
  readonly standardError: number | null;
  /** `differs` where the gap is at least two standard errors; `cannot tell` where it is less, or nobody knows. */
  readonly verdict: 'differs' | 'cannot tell';
  /** Why, in a sentence. */
  readonly reason: string;
}

/** Figures that count or add up patients: a difference of them says nothing. */
const SIZES = new Set(['events']);

/**
 * Largest minus smallest of each figure over the levels that have it. Levels are compared two by two, and of many levels
 * some pair lies two errors apart by chance: the reason says how many were compared.
 */
export function gapsBetween(levels: readonly { readonly level: string; readonly figures: readonly Figure[] }[]): readonly Gap[] {
  const names = [...new Set(levels.flatMap(({ figures }) => figures.map(({ name }) => name)))].filter((name) => !SIZES.has(name));
  return names.map((name) => gapOf(name, levels));
}

function gapOf(name: string, levels: Parameters<typeof gapsBetween>[0]): Gap {
  const found = levels.flatMap(({ level, figures }) => {
    const own = figures.find((figure) => figure.name === name);
    return own?.value === null || own === undefined ? [] : [{ level, value: own.value, error: own.standardError }];
  });
  const [lowest, ...others] = found.sort((one, other) => one.value - other.value);
  const highest = others.at(-1);
  if (!lowest || !highest)
    return {
      figure: name,
      lowest: null,
      highest: null,
      gap: null,
      standardError: null,
      verdict: 'cannot tell',
      reason: `${found.length} of ${levels.length} levels have this figure: at least 2 are needed`,
    };
  const gap = highest.value - lowest.value;
  const standardError = lowest.error === null || highest.error === null ? null : Math.hypot(lowest.error, highest.error);
  const compared = `${found.length} of ${levels.length} levels compared`;
  const parts = { figure: name, lowest: lowest.level, highest: highest.level, gap, standardError };
  if (standardError === null) return { ...parts, verdict: 'cannot tell', reason: `${compared}; the standard error is not known` };
  if (gap > 2 * standardError) return { ...parts, verdict: 'differs', reason: `${compared}; the gap is more than two standard errors` };
  return { ...parts, verdict: 'cannot tell', reason: `${compared}; the gap is within two standard errors` };
}
