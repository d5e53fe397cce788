import { crc32 } from 'node:zlib';
import { ROWS_SHOWN } from './cohort-problem.js';

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

interface Remembered {
  readonly row: number;
  readonly sums: Uint32Array;
}

const differing = (a: Uint32Array, b: Uint32Array): readonly number[] => [...a.keys()].filter((index) => a[index] !== b[index]);

/**
 * Compares records by a CRC-32 of each cell: 4 bytes a cell instead of its text. Two texts share a CRC once in
 * 4 billion, and all that hangs on it is a note.
 */
export class RepeatFinder {
  readonly #records = new Map<number, Remembered[]>();
  readonly #seen = new Map<string, number>();
  readonly #exactRows: (readonly [number, number])[] = [];
  #exact = 0;

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
    const sums = Uint32Array.from(cells, (cell) => crc32(cell));
    const key = (this.byPatient ? `${patient}:` : '') + Buffer.from(sums.buffer).toString('latin1');
    const first = this.#seen.get(key);
    if (first !== undefined) {
      this.#exact += 1;
      if (this.#exactRows.length < ROWS_SHOWN) this.#exactRows.push([first, row]);
      return;
    }
    this.#seen.set(key, row);
    if (!this.byPatient) return;
    const records = this.#records.get(patient);
    if (records) records.push({ row, sums });
    else this.#records.set(patient, [{ row, sums }]);
  }

  report(): RepeatReport {
    let count = 0;
    const rows: { readonly rows: readonly [number, number]; readonly column: string }[] = [];
    for (const records of this.#records.values()) {
      if (records.length < 2) continue;
      // Equal sums without column j find the candidates in one pass; the cells then decide.
      const without = this.names.map(() => new Map<number, Remembered>());
      for (const record of records) {
        const total = record.sums.reduce((sum, value) => sum + value, 0);
        let twin: { readonly row: number; readonly column: string } | undefined;
        for (const [index, name] of this.names.entries()) {
          const rest = total - (record.sums[index] ?? 0);
          const earlier = without[index]?.get(rest);
          if (!earlier) without[index]?.set(rest, record);
          else if (differing(earlier.sums, record.sums).length === 1) twin ??= { row: earlier.row, column: name };
        }
        if (!twin) continue;
        count += 1;
        if (rows.length < ROWS_SHOWN) rows.push({ rows: [twin.row, record.row], column: twin.column });
      }
    }
    return { exact: { count: this.#exact, rows: this.#exactRows }, butOneColumn: { count, rows } };
  }
}
