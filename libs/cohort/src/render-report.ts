import { counted, type CohortProblem } from './cohort-problem.js';
import type { CohortReport, ColumnReport, Tally } from './cohort-report.js';
import { rowList } from './table-rows.js';

function share(part: number, of: number): string {
  if (part === 0) return `0 of ${of}`;
  const percent = (part / of) * 100;
  return `${part} of ${of} (${percent < 1 ? '< 1' : percent > 99 && part < of ? '> 99' : Math.round(percent)} %)`;
}

function codes({ byCode }: Tally): string {
  return byCode.map(({ code, count }) => `${code === '' ? 'empty' : `code ${code}`} ${count}`).join(', ');
}

function columnLine({ name, role, type, inSplit, all }: ColumnReport): readonly string[] {
  const wrong = inSplit.wrongType.count + inSplit.outside.count;
  const extra = [
    codes(all),
    inSplit.imputed > 0 ? `${inSplit.imputed} in the split take the study's constant` : '',
    wrong > 0 ? `${wrong} refused` : '',
  ].filter((text) => text !== '');
  return [
    role === 'outcome' ? `${name} (outcome)` : name,
    type,
    inSplit.mean === undefined ? '' : inSplit.mean.toPrecision(4),
    share(inSplit.missing, inSplit.rows),
    share(all.missing, all.rows),
    extra.join('; '),
  ];
}

function table(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines.map((line) => `  ${line.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

/** A row as a person finds it: with several files, the file's place in sorted order and its row there. */
function places(report: CohortReport, problem: CohortProblem): readonly string[] {
  if (report.files.length < 2 || !problem.rows?.length) return [];
  const found = problem.rows.map((row) => {
    let before = 0;
    for (const [index, file] of report.files.entries()) {
      if (row <= before + file.rows) return `file ${index + 1} row ${row - before}`;
      before += file.rows;
    }
    return `row ${row}`;
  });
  return [`          where  ${found.join(', ')}`];
}

function proposal(report: CohortReport): readonly string[] {
  const found = report.proposal;
  if (!found?.needed) return [];
  const columns = found.columns.filter(({ name }) => name !== '').map(({ name, type }) => `${name} (${type})`);
  return [
    '',
    `The file looks like: ${found.encoding}, separator ${JSON.stringify(found.separator)}, decimal "${found.decimal}", thousands ${found.thousands === 'none' ? 'none' : `"${found.thousands}"`}.`,
    ...(columns.length > 0 ? [`  columns: ${columns.join(', ')}`] : []),
  ];
}

function counts(report: CohortReport): readonly string[] {
  const { train, test, neither, excluded, repeats, trimmedIds } = report;
  const left = [
    ...excluded.byRule.filter(({ count }) => count > 0).map(({ column, count }) => `${count} by the rule on ${column}`),
    ...excluded.byMissing.map(({ column, count }) => `${count} for a missing ${column}`),
    ...(report.images && report.images.inSplit.unusable > 0 ? [`${report.images.inSplit.unusable} for an image that cannot be used`] : []),
  ];
  return [
    `  ${counted(report.rows, 'row')} in ${counted(report.files.length, 'file')}, ${counted(report.patients, 'patient')}${report.patientsBy === 'row' ? ' (no patientId is declared: each row counts as a patient)' : ''}`,
    `  train ${train.rows}, test ${test.rows}, in neither ${neither}${train.positive === undefined ? '' : `; positive ${train.positive} and ${test.positive ?? 0}`}`,
    ...(excluded.rows > 0 ? [`  left out: ${counted(excluded.rows, 'row')} (${left.join(', ')})`] : []),
    ...(report.blankRows > 0 ? [`  ${counted(report.blankRows, 'row')} without any text left out`] : []),
    ...(trimmedIds.count > 0
      ? [
          `  ${counted(trimmedIds.count, 'identifier')} stood between spaces and ${trimmedIds.count === 1 ? 'was' : 'were'} trimmed (${rowList(trimmedIds.rows, trimmedIds.count)})`,
        ]
      : []),
    ...(repeats.exact.count > 0
      ? [
          `  ${counted(repeats.exact.count, 'row')} equal an earlier one in every column (${repeats.exact.rows.map(([a, b]) => `${a} and ${b}`).join(', ')}): kept`,
        ]
      : []),
    ...(repeats.butOneColumn.count > 0
      ? [
          `  ${counted(repeats.butOneColumn.count, 'row')} of one patient differ from an earlier one in one column only (${repeats.butOneColumn.rows.map(({ rows: [a, b], column }) => `${a} and ${b} in ${column}`).join(', ')}): kept`,
        ]
      : []),
  ];
}

function imageLines({ images }: CohortReport): readonly string[] {
  if (!images) return [];
  const { listed, usable, unusable, notListed, inverted, repeated } = images;
  return [
    `  images: ${share(usable, listed)} usable${inverted > 0 ? `; ${inverted} had low meaning bright and ${inverted === 1 ? 'was' : 'were'} inverted` : ''}`,
    ...unusable.map(({ text, count }) => `    ${String(count).padStart(6)}  ${text}`),
    ...(notListed > 0 ? [`    ${String(notListed).padStart(6)}  ${notListed === 1 ? 'file is' : 'files are'} there and in no row`] : []),
    ...(repeated > 0 ? [`    ${String(repeated).padStart(6)}  ${repeated === 1 ? 'has' : 'have'} the pixels of an earlier one: kept`] : []),
  ];
}

/** The report as `consilium-site cohort check` prints it: no cell's content, no identifier, no file name. */
export function renderReport(report: CohortReport): string {
  const head =
    report.problems.length === 0
      ? `Cohort ${report.cohort}: accepted.`
      : `Cohort ${report.cohort}: refused, ${counted(report.problems.length, 'problem')}.`;
  const lines = [head];
  if (report.files.length > 0) lines.push(...counts(report), ...imageLines(report));
  if (report.columns.length > 0)
    lines.push(
      '',
      ...table([['column', 'type', 'mean', 'missing in the split', 'missing in all rows', ''], ...report.columns.map(columnLine)]),
    );
  if (report.notes.length > 0) lines.push('', ...report.notes.map((note) => `note  ${note}`));
  lines.push(...proposal(report));
  for (const problem of report.problems)
    lines.push('', `FAIL  ${problem.code}  ${problem.sentence}`, ...places(report, problem), `      fix  ${problem.fix}`);
  if (report.files.length > 0)
    lines.push(
      '',
      `${counted(report.encodedColumns.length, 'encoded column')}, hash ${report.columnsHash.slice(0, 16)}; data ${report.fingerprint.slice(0, 16)}`,
    );
  return `${lines.join('\n')}\n`;
}
