import { counted, CohortRefused, refuse, ROWS_SHOWN, type CohortProblem } from './cohort-problem.js';
import { cellText, csvRecords, type CsvFile } from './csv-records.js';
import type { Reading } from './cell-reader.js';
import { columnName } from './study-columns.js';

/** One record of the concatenated files. */
export interface TableRow {
  /** 1 is the first record below the first header; files are counted through. */
  readonly row: number;
  /** Trimmed texts of the needed columns, in the order in which they were asked for. */
  readonly needed: readonly string[];
  /** The patient's identifier as it stands, with its spaces. */
  readonly rawId: string | undefined;
  /** Trimmed texts of all columns of the first file, in its order. */
  readonly cells: readonly string[];
  /** The row's image, where rows have one. */
  readonly image?: Reading;
}

/** What is known of the files once all rows were read. */
export interface TableShape {
  /** Names of the first file's columns, unnamed ones included. */
  names: readonly string[];
  readonly files: { rows: number }[];
  blankRows: number;
}

export interface Needed {
  /** As the study writes them; {@link TableRow.needed} is in this order. */
  readonly names: readonly string[];
  readonly patientId: string | undefined;
}

function headerProblems(names: readonly string[], { names: needed, patientId }: Needed, separator: string): readonly CohortProblem[] {
  const known = new Set([...needed, ...(patientId === undefined ? [] : [patientId])].map(columnName));
  // A first row without any known name may be a patient's: nothing of it is shown.
  if (!names.some((name) => known.has(name)))
    return [
      {
        code: 'DATA_UNREADABLE',
        sentence: `The first row of a file names none of the ${counted(known.size, 'column')} that are needed, with ${JSON.stringify(separator)} as separator.`,
        fix: 'The first row holds the column names; check that, and source.separator in site.yaml.',
      },
    ];
  const missing = needed
    .filter((name) => !names.includes(columnName(name)))
    .map((name): CohortProblem => ({
      code: 'COHORT_SCHEMA',
      column: name,
      expected: 'present',
      sentence: `Column ${name} is missing from a file.`,
      fix: `Add the column to the export, or give the column that holds it this name.`,
    }));
  const noId: CohortProblem[] =
    patientId === undefined || names.includes(columnName(patientId))
      ? []
      : [
          {
            code: 'DATA_UNREADABLE',
            sentence: `Column ${patientId}, the population's patientId, is missing from a file.`,
            fix: 'Add the column to the export, or correct populations.<name>.patientId in site.yaml.',
          },
        ];
  const twice = [...new Set(names.filter((name, index) => name !== '' && names.indexOf(name) !== index))].map((name): CohortProblem => ({
    code: 'COHORT_SCHEMA',
    ...(known.has(name) && name !== patientId ? { column: name, expected: 'unique' } : {}),
    sentence: `The header names column ${name} ${names.filter((other) => other === name).length} times.`,
    fix: 'Keep one of them, or rename the others.',
  }));
  return [...noId, ...missing, ...twice];
}

/**
 * The rows of all files, one after the other. Every file needs the columns; their order is its own affair.
 * @param shape - filled while reading
 * @throws CohortRefused for an empty file, a header that lacks or repeats a column, and, at the end, for records that
 * are longer or shorter than their header
 */
export async function* tableRows(files: readonly CsvFile[], needed: Needed, shape: TableShape): AsyncGenerator<TableRow> {
  let row = 0;
  let ragged = 0;
  const raggedRows: number[] = [];
  for (const file of files) {
    const found = { rows: 0 };
    shape.files.push(found);
    let places: readonly number[] | undefined;
    let width = 0;
    let order: readonly number[] | undefined;
    let idPlace: number | undefined;
    for await (const record of csvRecords(file)) {
      if (!places) {
        const names = record.map(cellText);
        const [first, ...rest] = headerProblems(names, needed, file.separator);
        if (first) throw new CohortRefused([first, ...rest]);
        const place = (name: string) => names.indexOf(columnName(name));
        places = needed.names.map(place);
        idPlace = needed.patientId === undefined ? undefined : place(needed.patientId);
        width = names.length;
        if (shape.names.length === 0) shape.names = names;
        order = file === files[0] ? undefined : shape.names.map((name) => names.indexOf(name));
        continue;
      }
      row += 1;
      found.rows += 1;
      if (record.length !== width) {
        ragged += 1;
        if (raggedRows.length < ROWS_SHOWN) raggedRows.push(row);
        continue;
      }
      const texts = record.map(cellText);
      if (texts.every((text) => text === '')) {
        shape.blankRows += 1;
        continue;
      }
      yield {
        row,
        needed: places.map((place) => texts[place] ?? ''),
        rawId: idPlace === undefined ? undefined : record[idPlace],
        cells: order ? order.map((index) => texts[index] ?? '') : texts,
      };
    }
    if (!places)
      throw refuse({
        code: 'DATA_UNREADABLE',
        sentence: 'A file of the cohort is empty.',
        fix: 'Export it again, or take it out of source.path.',
      });
  }
  if (ragged > 0)
    throw refuse({
      code: 'DATA_UNREADABLE',
      count: ragged,
      rows: raggedRows,
      sentence: `${counted(ragged, 'row')} ${ragged === 1 ? 'has' : 'have'} more or fewer fields than the header (${rowList(raggedRows, ragged)}).`,
      fix: 'Quote texts that hold the separator, or export the file again.',
    });
  if (row - shape.blankRows === 0)
    throw refuse({ code: 'DATA_UNREADABLE', sentence: 'The cohort has a header and no rows.', fix: 'Export the file again.' });
}

/** `row 3`, `rows 3, 5, 7`, `rows 3, 5, … and 12 more`. */
export function rowList(rows: readonly number[], count: number): string {
  const more = count - rows.length;
  return `row${count === 1 ? '' : 's'} ${rows.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
