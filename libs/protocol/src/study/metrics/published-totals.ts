import { hiddenGroups, isShown, SMALLEST_CELL, type Floor } from './cell-floor.js';
import { levelPrefix, type MetricPlan } from './metric-plan.js';
import type { Family, Read, Signed } from './families.js';

/** Decimal text, or null where a number is held back. */
export type PublishedTotals = Readonly<Record<string, string | null>>;

/**
 * What a site signs of the totals of a sum without noise (PROTOCOL.md section 6, mode `none`): aggregates in which no cell
 * has fewer than ten patients, also none that follows by subtraction from what else is signed. Every site makes the same
 * of the same sum: only whole numbers are added, multiplied and compared.
 * @param counts - by expanded name; a name that is absent counts 0
 * @param floor - 0 for a site's own figures, which stay there
 */
export function publishedTotals(
  { metrics, subgroups }: Pick<MetricPlan, 'metrics' | 'subgroups'>,
  counts: Readonly<Record<string, bigint>>,
  floor: Floor = BigInt(SMALLEST_CELL),
): PublishedTotals {
  const all: Read = (name) => counts[name] ?? 0n;
  const families = metrics.families({ read: all, group: 'overall', all, floor });
  const shown = families.reduce<readonly boolean[]>(
    (known, { cells, after }) => [...known, after.every((place) => known[place]) && isShown(cells, floor)],
    [],
  );
  const trained = isShown([all('trainPatients')], floor);
  return texts([
    [{ contributors: all('contributors'), clamped: all('clamped') }],
    [heldBackUnless(trained, { trainPatients: all('trainPatients'), trainLoss: all('trainLoss') })],
    families.map(({ signed }, place) => heldBackUnless(shown[place] ?? false, signed)),
    [metrics.details(all, floor, (family) => shown[family] ?? false)],
    ...subgroups.map((subgroup) => {
      const levels = subgroup.levels.map((_, level) => {
        const prefix = levelPrefix(subgroup, level);
        return { prefix, families: metrics.families({ read: (name) => all(`${prefix}${name}`), group: 'level', all, floor }) };
      });
      return levelTotals(levels, shown, floor);
    }),
  ]);
}

interface Level {
  readonly prefix: string;
  readonly families: readonly Family[];
}

/** @param shown - whether a family (by place) is shown of all patients */
function levelTotals(levels: readonly Level[], shown: readonly boolean[], floor: Floor): readonly Signed[] {
  const everybody = new Set(levels.keys());
  const hidden: ReadonlySet<number>[] = [];
  return (levels[0]?.families ?? []).flatMap(({ after }, place) => {
    const before = new Set(after.flatMap((earlier) => [...(hidden[earlier] ?? [])]));
    const own = shown[place]
      ? hiddenGroups(
          levels.map(({ families }) => families[place]?.cells ?? []),
          floor,
          before,
        )
      : everybody;
    hidden.push(own);
    return levels.map(({ prefix, families }, level) => prefixed(prefix, heldBackUnless(!own.has(level), families[place]?.signed ?? {})));
  });
}

const heldBackUnless = (isShownHere: boolean, signed: Signed): Signed =>
  isShownHere ? signed : Object.fromEntries(Object.keys(signed).map((name) => [name, null]));

const prefixed = (prefix: string, signed: Signed): Signed =>
  Object.fromEntries(Object.entries(signed).map(([name, value]) => [`${prefix}${name}`, value]));

function texts(parts: readonly (readonly Signed[])[]): PublishedTotals {
  return Object.fromEntries(
    parts
      .flat()
      .flatMap((part) => Object.entries(part))
      .map(([name, value]) => [name, value === null ? null : value.toString()]),
  );
}

/** What a site signs of a table with noise: all of it, the noise is what protects. Decimal text of either sign. */
export function noisyTotals(cells: Readonly<Record<string, bigint>>): PublishedTotals {
  return texts([[cells]]);
}
