const RUN = /^(.+)\[([1-9]\d{0,5})\]$/;

/**
 * Names of a segment's whole numbers, one each: `scores[3]` stands for `scores0`, `scores1`, `scores2`, so that a study
 * that is hashed and read need not spell out thousands of cells.
 */
export function expandNames(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const [, base, length] = RUN.exec(name) ?? [];
    return base === undefined ? [name] : Array.from({ length: Number(length) }, (_, index) => `${base}${index}`);
  });
}

/** How many whole numbers names stand for. */
export function nameCount(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + Number(RUN.exec(name)?.[2] ?? 1), 0);
}

/** The name of so many numbers in a row. */
export const nameRun = (base: string, length: number): string => `${base}[${length}]`;
