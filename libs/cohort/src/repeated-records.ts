import { crc32 } from 'node:zlib';
import { ROWS_SHOWN } from './cohort-problem.js';
import { GrowingWords } from './growing-columns.js';

/** Records that look as if they had been entered twice: reported, never dropped. */
export interface RepeatReport {
  /** Records equal to an earlier one in every column of the file: how many, and the first pairs of rows. */
  readonly exact: { readonly count: number; readonly rows: readonly (readonly [number, number])[] };
  /** Records of one patient that differ from an earlier one of that patient in one column only. */
  readonly butOneColumn: {
    readonly count: number;
    readonly rows: readonly { readonly rows: readonly [number, number]; readonly column: string }[];
  };
}

/**
 * Compares records by a CRC-32 of each cell: 4 bytes a cell instead of its text. Two texts share a CRC once in
 * 4 billion, and all that hangs on it is a note. Work grows with the square of one patient's records, not of all.
 */
export class RepeatFinder {
  readonly #cells = new GrowingWords();
  readonly #rows: number[] = [];
  readonly #patients: number[] = [];

  /**
   * @param names - the compared columns, in one order for all records
   * @param byPatient - whether `patient` is an identified person; else only exact repeats are looked for
   */
  constructor(
    readonly names: readonly string[],
    readonly byPatient: boolean,
  ) {}

  /** @param cells - trimmed texts in the order of `names` */
  add(row: number, patient: number, cells: readonly string[]): void {
    for (const cell of cells) this.#cells.push(crc32(cell));
    this.#rows.push(row);
    this.#patients.push(patient);
  }

  report(): RepeatReport {
    const width = this.names.length;
    const words = this.#cells.values;
    const exact: (readonly [number, number])[] = [];
    const butOne: { readonly rows: readonly [number, number]; readonly column: string }[] = [];
    let exactCount = 0;
    let butOneCount = 0;
    const row = (index: number) => this.#rows[index] ?? 0;
    /** The column in which two records differ: none, the only one, or `many`. */
    const difference = (a: number, b: number): number | 'none' | 'many' => {
      let found: number | 'none' = 'none';
      for (let column = 0; column < width; column += 1) {
        if (words[a * width + column] === words[b * width + column]) continue;
        if (found !== 'none') return 'many';
        found = column;
      }
      return found;
    };
    for (const records of this.#candidates(words).values()) {
      const distinct: number[] = [];
      for (const record of records) {
        let twin: { readonly record: number; readonly column: number } | undefined;
        let same: number | undefined;
        for (const earlier of distinct) {
          const column = difference(earlier, record);
          if (column === 'none') same = earlier;
          else if (column !== 'many') twin ??= { record: earlier, column };
          if (same !== undefined) break;
        }
        if (same !== undefined) {
          exactCount += 1;
          exact.push([row(same), row(record)]);
          continue;
        }
        distinct.push(record);
        if (!twin || !this.byPatient) continue;
        butOneCount += 1;
        butOne.push({ rows: [row(twin.record), row(record)], column: this.names[twin.column] ?? '' });
      }
    }
    return {
      exact: { count: exactCount, rows: exact.sort((a, b) => a[1] - b[1]).slice(0, ROWS_SHOWN) },
      butOneColumn: { count: butOneCount, rows: butOne.sort((a, b) => a.rows[1] - b.rows[1]).slice(0, ROWS_SHOWN) },
    };
  }

  /** Records that may repeat each other: those of one patient, or those whose cells have one sum. */
  #candidates(words: Uint32Array): ReadonlyMap<number, readonly number[]> {
    const width = this.names.length;
    const groups = new Map<number, number[]>();
    for (const [record, patient] of this.#patients.entries()) {
      let key = patient;
      if (!this.byPatient) {
        key = 0;
        for (let column = 0; column < width; column += 1) key += words[record * width + column] ?? 0;
      }
      const group = groups.get(key);
      if (group) group.push(record);
      else groups.set(key, [record]);
    }
    return groups;
  }
}
