import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CohortSource, loadCohort } from '@consilium/cohort';
import { concatenateRows, type ModelState } from '@consilium/learning';
import type { ResolvedStudy } from '@consilium/protocol';
import type { Measure } from './measures.js';
import { scoredRows } from './scored-rows.js';
import { readTable, writeSiteTables } from './site-tables.js';
import type { SiteSource } from './worked-study.js';

/** Fewer test rows than this say nothing of a group. */
const SMALLEST_GROUP = 10;

/** How a model does for the people of one group. */
export interface GroupLine {
  readonly column: string;
  readonly level: string;
  readonly rows: number;
  /** By measure; undefined where the group is too small or the measure is not defined in it. */
  readonly values: readonly (number | undefined)[];
}

/** Scores a model on the test rows of each level of a column, all sites together. */
export async function groupLines(
  study: ResolvedStudy,
  state: ModelState,
  sources: ReadonlyMap<string, SiteSource>,
  { column, measures }: { readonly column: string; readonly measures: readonly Measure[] },
): Promise<readonly GroupLine[]> {
  const tables = await Promise.all(
    Array.from(sources, async ([site, source]) =>
      (await readTable(String(source['path']))).map((row) => ({ ...row, __site: site }) as Readonly<Record<string, string>>),
    ),
  );
  const rows = tables.flat().filter((row) => row['split'] === 'test');
  const levels = [...new Set(rows.map((row) => row[column] ?? ''))].filter((level) => level !== '').sort();
  const lines: GroupLine[] = [];
  for (const level of levels) {
    const own = rows.filter((row) => row[column] === level);
    if (own.length < SMALLEST_GROUP) {
      lines.push({ column, level, rows: own.length, values: measures.map(() => undefined) });
      continue;
    }
    const scored = await scoredRows(study, state, await testRows(study, own));
    lines.push({
      column,
      level,
      rows: scored.truth.length,
      values: measures.map((measure) => {
        const value = measure.of(scored);
        return Number.isFinite(value) ? value : undefined;
      }),
    });
  }
  return lines;
}

async function testRows(study: ResolvedStudy, rows: readonly Readonly<Record<string, string>>[]) {
  const directory = await mkdtemp(join(tmpdir(), 'consilium-group-'));
  try {
    const sources = await writeSiteTables({ rows, siteOf: ({ __site }) => __site, patientOf: () => '' }, directory, undefined);
    const loaded = await Promise.all(
      Array.from(sources.values(), (source) => loadCohort({ source: CohortSource.parse(source), schema: study.cohort })),
    );
    return concatenateRows(loaded.map(({ test }) => test));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
