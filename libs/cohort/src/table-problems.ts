import { counted, type CohortProblem } from './cohort-problem.js';
import type { ColumnReport, RowCount } from './cohort-report.js';
import { siteCodes, type CohortSource } from './cohort-source.js';
import { columnName, type StudyColumn } from './study-columns.js';
import { rowList } from './table-rows.js';

const NOUN = { number: 'number', integer: 'whole number', category: 'category', image: 'image' } as const;

function declared(column: StudyColumn): string {
  if (column.range) return `the range ${column.range[0]} to ${column.range[1]}`;
  if (column.levels) return `the levels ${column.levels.join(', ')}`;
  return 'what the study declares';
}

const inAll = (rows: number, all: RowCount, allRows: number): string =>
  allRows === rows ? '' : `; ${all.count} of ${allRows} over all rows`;

/** Where a code may be declared, in words that can be pasted. */
const codes = (name: string) =>
  `missingCodes: { ${/^[\w-]+$/.test(name) ? name : JSON.stringify(name)}: [CODE] } under source in site.yaml`;

function faults(column: StudyColumn, report: ColumnReport): readonly CohortProblem[] {
  const { name } = column;
  const { inSplit, all } = report;
  const found: CohortProblem[] = [];
  if (inSplit.wrongType.count > 0)
    found.push({
      code: 'COHORT_SCHEMA',
      column: name,
      expected: column.type,
      ...inSplit.wrongType,
      sentence: `Column ${name}: ${inSplit.wrongType.count} of ${counted(inSplit.rows, 'row')} in the split ${inSplit.wrongType.count === 1 ? 'is' : 'are'} not a ${NOUN[column.type]} (${rowList(inSplit.wrongType.rows, inSplit.wrongType.count)}${inAll(inSplit.rows, all.wrongType, all.rows)}).`,
      fix: `Correct those rows; if a text there means "not measured", declare it: ${codes(name)}, or missingCodes of that column in the study.`,
    });
  if (inSplit.outside.count > 0)
    found.push({
      code: 'COHORT_RANGE',
      column: name,
      ...inSplit.outside,
      sentence: `Column ${name}: ${inSplit.outside.count} of ${counted(inSplit.rows, 'row')} in the split ${inSplit.outside.count === 1 ? 'lies' : 'lie'} outside ${declared(column)} (${rowList(inSplit.outside.rows, inSplit.outside.count)}${inAll(inSplit.rows, all.outside, all.rows)}).`,
      fix:
        column.type === 'category'
          ? `Correct those rows, or ask the researcher for aliases, "other" or an exclude rule; if it means "not measured", declare it: ${codes(name)}.`
          : `If a number there means "not measured", declare it: ${codes(name)}, or missingCodes of that column in the study; else correct those rows.`,
    });
  return found;
}

/**
 * What refuses a table whose cells were read: faults in rows of the split, and values that are missing there with
 * nothing to stand in.
 * @param missingRows - by column, rows in the split with such a value, where the study refuses them
 */
export function columnProblems(
  columns: readonly StudyColumn[],
  reports: readonly ColumnReport[],
  missingRows: readonly RowCount[],
): readonly CohortProblem[] {
  return columns.flatMap((column, index): readonly CohortProblem[] => {
    const report = reports[index];
    const missing = missingRows[index];
    if (!report || !missing) return [];
    const absent: CohortProblem[] =
      missing.count === 0
        ? []
        : [
            {
              code: 'COHORT_SCHEMA',
              column: column.name,
              expected: 'complete',
              ...missing,
              sentence: `Column ${column.name} is missing in ${missing.count} of ${counted(report.inSplit.rows, 'row')} in the split, and nothing stands in for it (${rowList(missing.rows, missing.count)}).`,
              fix:
                column.role === 'outcome'
                  ? 'Complete those rows, or ask the researcher for onMissing: exclude.'
                  : 'Complete those rows, or ask the researcher for impute on that column or onMissing: exclude.',
            },
          ];
    return [...faults(column, report), ...absent];
  });
}

/** Codes that `site.yaml` declares for a column that no file has: a slip of the pen would let a code into the sums. */
export function codeProblems(source: CohortSource, names: readonly string[]): readonly CohortProblem[] {
  return Object.keys(siteCodes(source))
    .filter((name) => !names.includes(columnName(name)))
    .map((name) => ({
      code: 'DATA_UNREADABLE',
      sentence: `source.missingCodes names column ${name}, which the files do not have.`,
      fix: 'Correct that name in site.yaml, or take it out.',
    }));
}

/**
 * Faults in rows outside the split (`strayRows`, by column), and columns without one value: worth knowing, refusing nothing.
 */
export function columnNotes(
  columns: readonly StudyColumn[],
  reports: readonly ColumnReport[],
  strayRows: readonly RowCount[],
): readonly string[] {
  return columns.flatMap((column, index) => {
    const report = reports[index];
    const stray = strayRows[index];
    if (!report || !stray) return [];
    const { inSplit, all } = report;
    return [
      ...(inSplit.rows > 0 && inSplit.missing === inSplit.rows
        ? [
            `${column.name} is missing in every row: ${inSplit.missing} of ${inSplit.rows} in the split, ${all.missing} of ${all.rows} in all.`,
          ]
        : []),
      ...(stray.count > 0
        ? [
            `${column.name}: ${counted(stray.count, 'row')} outside the split would not fit ${column.type === 'category' ? 'its levels' : 'its type or range'} (${rowList(stray.rows, stray.count)}); they are not used.`,
          ]
        : []),
      ...(inSplit.byOther > 0 ? [`${column.name}: ${counted(inSplit.byOther, 'row')} in the split went to the level for all others.`] : []),
      ...(inSplit.byAlias > 0 ? [`${column.name}: ${counted(inSplit.byAlias, 'row')} in the split came in by an alias.`] : []),
    ];
  });
}
