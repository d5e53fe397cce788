import { refuse, type CohortProblem } from './cohort-problem.js';
import type { CsvSource } from './cohort-source.js';
import { cellText, csvRecords, likelySeparator, type CsvFile } from './csv-records.js';
import { noEvidence, verdict, weigh, type NumberEvidence, type NumberFormat } from './number-format.js';
import { columnName, type StudyColumn } from './study-columns.js';
import { likelyEncoding, markedEncoding, type Encoding } from './text-encoding.js';

/** What the check found where the source does not say: names and types, no values. */
export interface SourceProposal {
  readonly encoding: Encoding;
  readonly separator: string;
  readonly decimal: NumberFormat['decimal'];
  readonly thousands: NumberFormat['thousands'];
  readonly columns: readonly { readonly name: string; readonly type: 'integer' | 'number' | 'text' | 'empty' }[];
  /** What to add to `source` in `site.yaml`; empty where nothing needs to be added, or nobody can say what. */
  readonly declare: string;
  /** Whether the cohort waits for a declaration. */
  readonly needed: boolean;
}

/** How the files are read, and what of it still has to be declared by a person. */
export interface SourceSurvey {
  readonly files: readonly CsvFile[];
  readonly numbers: NumberFormat;
  readonly proposal?: SourceProposal;
  readonly problems: readonly CohortProblem[];
  /** Numeric columns whose format is not settled: what their cells are is not known, and not reported. */
  readonly unsettled: ReadonlySet<string>;
}

async function encodingOf(path: string, declared: Encoding | undefined): Promise<Encoding> {
  if (declared === undefined) return likelyEncoding(path);
  const marked = await markedEncoding(path);
  if (marked !== undefined && marked !== declared)
    throw refuse({
      code: 'DATA_UNREADABLE',
      sentence: `A file of the cohort begins with the mark of ${marked}, but source.encoding is ${declared}.`,
      fix: `Declare encoding: ${marked}, or leave source.encoding out.`,
    });
  return declared;
}

/** A name is shown only where the first row is a header: one that holds a name the study or the site declares. */
async function weighColumns(files: readonly CsvFile[], known: ReadonlySet<string>, columns: readonly StudyColumn[]) {
  const codes = new Map(columns.map((column) => [columnName(column.source), new Set(['', ...column.codes.map(columnName)])]));
  const evidence = new Map<string, NumberEvidence>();
  for (const file of files) {
    let weighed: readonly { readonly found: NumberEvidence; readonly codes: ReadonlySet<string> | undefined }[] | undefined;
    for await (const record of csvRecords(file)) {
      if (!weighed) {
        const names = record.map(cellText);
        if (!names.some((name) => known.has(name))) break;
        weighed = names.map((name) => {
          const found = evidence.get(name) ?? noEvidence();
          evidence.set(name, found);
          return { found, codes: codes.get(name) };
        });
        continue;
      }
      for (const [index, column] of weighed.entries()) {
        const text = cellText(record[index] ?? '');
        if (text !== '' && !column.codes?.has(text)) weigh(column.found, text);
      }
    }
  }
  return evidence;
}

function likelyNumbers(evidence: readonly NumberEvidence[]): NumberFormat {
  const verdicts = evidence.map(verdict);
  const decimal = verdicts.includes('comma') && !verdicts.includes('point') ? ',' : '.';
  const settled = evidence.filter((column) => verdict(column) !== 'both');
  const groups = settled.flatMap((column) => [...(decimal === ',' ? column.groupsWithComma : column.groupsWithPoint)]);
  return { decimal, thousands: groups[0] ?? 'none' };
}

function columnType(found: NumberEvidence, decimal: NumberFormat['decimal']): SourceProposal['columns'][number]['type'] {
  if (found.numbers + found.texts === 0) return 'empty';
  if (found.texts > 0) return 'text';
  return found.fractions[decimal] > 0 || verdict(found) === 'both' ? 'number' : 'integer';
}

const declareNumbers = (example: string) => `Declare how numbers are written in cohorts.<name>.source of site.yaml, such as ${example}.`;

/** One file set is written by one program: a column that disagrees with the others, or with itself, is not guessed. */
function formatProblems(numeric: readonly { readonly name: string; readonly found: NumberEvidence }[]): readonly CohortProblem[] {
  const of = (wanted: ReturnType<typeof verdict>) => numeric.filter(({ found }) => verdict(found) === wanted);
  const both = of('both').map(({ name }): CohortProblem => ({
    code: 'COHORT_SCHEMA',
    column: name,
    expected: 'number',
    sentence: `Column ${name} fits two number formats (a comma or a dot may be the decimal mark), and source declares none.`,
    fix: declareNumbers(`decimal: ".", or decimal: "," with thousands: "."`),
  }));
  const [point] = of('point');
  const [comma] = of('comma');
  if (!point || !comma) return both;
  return [
    ...both,
    {
      code: 'COHORT_SCHEMA',
      column: comma.name,
      expected: 'number',
      sentence: `Column ${comma.name} has decimal commas and column ${point.name} decimal points, and source declares neither.`,
      fix: 'Export the file again with one number format.',
    },
  ];
}

const quoted = (text: string) => JSON.stringify(text);

/**
 * Finds out how the files are written. What is declared is taken as declared; what is not, and is not plain (UTF-8,
 * comma, decimal point), is found by looking and refused until a person declares it. Reads the files at most once
 * more than the load itself, and only where the number format is not declared.
 * @param known - names by which a header is recognised
 * @throws CohortRefused DATA_UNREADABLE
 */
export async function surveySource(
  paths: readonly string[],
  source: CsvSource,
  columns: readonly StudyColumn[],
  known: ReadonlySet<string>,
): Promise<SourceSurvey> {
  const files: CsvFile[] = [];
  for (const path of paths) {
    const encoding = await encodingOf(path, source.encoding);
    files.push({ path, encoding, separator: source.separator ?? (await likelySeparator(path, encoding, known)) });
  }
  const numbersDeclared = source.decimal !== undefined || source.thousands !== undefined;
  const decimal = source.decimal ?? (source.thousands === '.' ? ',' : '.');
  const declared: NumberFormat = { decimal, thousands: source.thousands ?? 'none' };
  const [first] = files;
  if (!first || (numbersDeclared && source.encoding && source.separator))
    return { files, numbers: declared, problems: [], unsettled: new Set() };

  const evidence = await weighColumns(files, known, columns);
  const numeric = columns.flatMap((column) => {
    const found = column.type === 'category' || column.type === 'image' ? undefined : evidence.get(columnName(column.source));
    return found ? [{ name: column.source, found }] : [];
  });
  const unclear = numbersDeclared ? [] : formatProblems(numeric);
  const numbers = numbersDeclared ? declared : likelyNumbers(numeric.map(({ found }) => found));

  // A byte-order mark declares an encoding; anything else that is not plain waits for a person.
  const marked = await Promise.all(files.map(({ path }) => markedEncoding(path)));
  const odd = files.find(({ encoding }, index) => encoding !== 'utf-8' && marked[index] === undefined);
  const separator = files.find((file) => file.separator !== ',')?.separator ?? ',';
  const asks = [
    ...(source.encoding === undefined && odd ? [`encoding: ${odd.encoding}`] : []),
    ...(source.separator === undefined && separator !== ',' ? [`separator: ${quoted(separator)}`] : []),
    ...(numbers.decimal === ',' && !numbersDeclared ? [`decimal: ","`] : []),
    ...(numbers.thousands !== 'none' && !numbersDeclared ? [`thousands: ${quoted(numbers.thousands)}`] : []),
  ];
  const declare = asks.join(', ');
  const undeclared: CohortProblem[] =
    asks.length === 0
      ? []
      : [
          {
            code: 'DATA_UNREADABLE',
            sentence: 'The source is not plain CSV (UTF-8, comma, decimal point), and site.yaml does not say what it is.',
            fix: `If the proposal is right, add to cohorts.<name>.source in site.yaml: ${declare}`,
          },
        ];
  return {
    files,
    numbers,
    proposal: {
      encoding: (odd ?? first).encoding,
      separator,
      ...numbers,
      columns: [...evidence].map(([name, found]) => ({ name, type: columnType(found, numbers.decimal) })),
      declare,
      needed: undeclared.length + unclear.length > 0,
    },
    problems: [...unclear, ...undeclared],
    unsettled: new Set(unclear.flatMap(({ column }) => (column === undefined ? [] : [column]))),
  };
}
