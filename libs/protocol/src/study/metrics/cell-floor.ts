/** Groups of fewer patients are not shown (mode `none`, PROTOCOL.md section 6). */
export const SMALLEST_CELL = 10;

/** {@link SMALLEST_CELL}, or 0 for figures that a site shows its own people and that never leave it. */
export type Floor = bigint;

/** A group of patients, as numbers that are shown together or not at all. */
export type Cells = readonly bigint[];

export const isShown = (cells: Cells, floor: Floor): boolean => cells.every((cell) => cell >= floor);

/**
 * Which of several groups are held back, where the sum over all of them is known: those with a cell under the floor, and
 * with them the next smallest, until at least two are hidden and no cell of the hidden ones together is under the floor.
 * What is known minus what is shown is then never a small cell (complementary suppression; Hundepool et al. 2012,
 * Statistical Disclosure Control, section 4.2).
 *
 * @param groups - disjoint; all have as many cells
 * @param hidden - places of groups that are hidden already
 * @returns places of the hidden groups
 */
export function hiddenGroups(groups: readonly Cells[], floor: Floor, hidden: ReadonlySet<number> = new Set()): ReadonlySet<number> {
  const found = new Set(hidden);
  for (const [place, cells] of groups.entries()) if (!isShown(cells, floor)) found.add(place);
  if (found.size === 0) return found;
  const size = (place: number): bigint => (groups[place] ?? []).reduce((sum, cell) => sum + cell, 0n);
  const next = [...groups.keys()]
    .filter((place) => !found.has(place))
    .sort((a, b) => (size(a) < size(b) ? -1 : size(a) > size(b) ? 1 : a - b));
  const together = (): Cells =>
    (groups[0] ?? []).map((_, cell) => [...found].reduce((sum, place) => sum + (groups[place]?.[cell] ?? 0n), 0n));
  for (const place of next) {
    if (found.size >= 2 && isShown(together(), floor)) break;
    found.add(place);
  }
  return found;
}
