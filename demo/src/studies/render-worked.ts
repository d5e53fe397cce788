import type { OwnLine, Spread, WorkedResult } from './worked-result.js';
import type { WorkedStudy } from './worked-study.js';

const number = (value: number | undefined, digits: number): string =>
  value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits);

const shown = (epsilon: number | 'unbounded'): string => (epsilon === 'unbounded' ? 'unbounded' : epsilon.toFixed(3));

function withError({ mean, deviation, runs }: Spread, digits: number): string {
  return runs === 1 ? number(mean, digits) : `${number(mean, digits)} ± ${number(deviation / Math.sqrt(runs), digits + 1)}`;
}

/** The table beside published numbers: first the mean of sites, then all test rows together, for each measure. */
export function renderWorked(worked: WorkedStudy, result: WorkedResult): string {
  const { measures } = worked;
  const heads = measures.flatMap(({ name }) => [`${name}, sites`, `${name}, all`]);
  const own = (line: OwnLine): readonly string[] =>
    line.values.flatMap(({ pooled, meanOfSites }, index) => {
      const digits = measures[index]?.digits ?? 3;
      return [withError(meanOfSites, digits), withError(pooled, digits)];
    });
  const published = worked.published.map(({ method, values }) => [
    method,
    ...measures.flatMap(({ digits }, index) => [number(values[index], digits), '']),
  ]);
  const rows = [['', ...heads], ...result.lines.map((line) => [line.method, ...own(line)]), ...published];
  const { privacy } = result;
  const used = Math.max(0, ...privacy.budgets.map(({ percentUsed }) => percentUsed));
  return [
    worked.question,
    '',
    ...columns(rows),
    '± one standard error over the runs of that line. "sites" is the mean of the sites’ own test rows, "all" all test rows together.',
    '',
    ...columns([
      ['site', ...measures.map(({ name }) => name)],
      ...Array.from(result.bySite, ([site, values]) => [
        site,
        ...values.map((value, index) => number(value, measures[index]?.digits ?? 3)),
      ]),
    ]),
    ...(result.groups.length === 0 ? [] : ['', ...columns(groupRows(worked, result))]),
    '',
    `Privacy      epsilon ${shown(privacy.epsilon)} at delta ${privacy.delta}, ${shown(privacy.epsilonIfAllOthersCollude)} if all other sites collude; noise multiplier ${privacy.noiseMultiplier}`,
    `Budgets      at most ${used.toFixed(0)} % used; ledgers ${privacy.ledgersVerified ? 'verified' : 'DO NOT VERIFY'}`,
    ...result.goals.map(({ text, reached }) => `Goal         ${text}: ${reached ? 'reached' : 'NOT reached'}`),
    `Seconds      ${result.seconds.toFixed(0)}`,
    ...worked.notes.map((note) => `Note         ${note}`),
  ].join('\n');
}

function groupRows({ measures }: WorkedStudy, { groups }: WorkedResult): readonly (readonly string[])[] {
  return [
    ['group', 'test rows', ...measures.map(({ name }) => name)],
    ...groups.map(({ column, level, rows, values }) => [
      `${column} ${level}`,
      rows < 10 ? 'under 10' : String(rows),
      ...values.map((value, index) => number(value, measures[index]?.digits ?? 3)),
    ]),
  ];
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart((widths[index] ?? 0) + 2))).join(''),
  );
}

/** The last line with `--json`. */
export function workedJson(worked: WorkedStudy, result: WorkedResult): string {
  const finite = (value: number | undefined): number | null => (value === undefined || !Number.isFinite(value) ? null : value);
  return JSON.stringify({
    study: worked.name,
    measures: worked.measures.map(({ name }) => name),
    lines: result.lines.map(({ method, values }) => ({
      method,
      values: values.map(({ pooled, meanOfSites }) => ({
        all: finite(pooled.mean),
        allDeviation: finite(pooled.deviation),
        sites: finite(meanOfSites.mean),
        sitesDeviation: finite(meanOfSites.deviation),
        runs: pooled.runs,
      })),
    })),
    published: worked.published,
    sites: Object.fromEntries(Array.from(result.bySite, ([site, values]) => [site, values.map(finite)])),
    groups: result.groups.map((line) => ({ ...line, values: line.values.map(finite) })),
    privacy: result.privacy,
    goals: result.goals,
    seconds: result.seconds,
  });
}
