import { ROWS_SHOWN } from './cohort-problem.js';
import { MEAN_FLOOR, type RowCount, type Tally } from './cohort-report.js';
import type { Reading } from './cell-reader.js';
import type { StudyColumn } from './study-columns.js';

/** Counts rows and keeps the numbers of the first of them. */
export class RowCounter {
  #count = 0;
  readonly #rows: number[] = [];

  add(row: number): void {
    this.#count += 1;
    if (this.#rows.length < ROWS_SHOWN) this.#rows.push(row);
  }

  get(): RowCount {
    return { count: this.#count, rows: this.#rows };
  }
}

/** Counts what the cells of one column are. Only present values enter the mean. */
export class ColumnTally {
  readonly #column: StudyColumn;
  #rows = 0;
  #present = 0;
  #sum = 0;
  #missing = 0;
  #alias = 0;
  #other = 0;
  readonly #codes = new Map<string, number>();
  readonly #levels: Map<string, number> | undefined;
  readonly #wrongType = new RowCounter();
  readonly #outside = new RowCounter();

  constructor(column: StudyColumn) {
    this.#column = column;
    this.#levels = column.levels && new Map(column.levels.map((level) => [level, 0]));
  }

  add(row: number, reading: Reading): void {
    this.#rows += 1;
    switch (reading.kind) {
      case 'missing':
        this.#missing += 1;
        this.#codes.set(reading.code, (this.#codes.get(reading.code) ?? 0) + 1);
        return;
      case 'fault':
        (reading.fault === 'number' || reading.fault === 'whole' ? this.#wrongType : this.#outside).add(row);
        return;
      case 'unusable':
        // Counted by its reason, where images are.
        return;
      case 'image':
        this.#present += 1;
        return;
      case 'number':
        this.#present += 1;
        this.#sum += reading.value;
        return;
      case 'level':
        this.#present += 1;
        if (reading.by === 'alias') this.#alias += 1;
        if (reading.by === 'other') this.#other += 1;
        this.#levels?.set(reading.level, (this.#levels.get(reading.level) ?? 0) + 1);
    }
  }

  get(): Tally {
    const numeric = this.#column.type === 'number' || this.#column.type === 'integer';
    return {
      rows: this.#rows,
      present: this.#present,
      missing: this.#missing,
      missingShare: this.#rows === 0 ? 0 : this.#missing / this.#rows,
      byCode: [...this.#codes].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
      imputed: this.#column.imputed ? this.#missing : 0,
      byAlias: this.#alias,
      byOther: this.#other,
      wrongType: this.#wrongType.get(),
      outside: this.#outside.get(),
      ...(numeric && this.#present >= MEAN_FLOOR ? { mean: this.#sum / this.#present } : {}),
      ...(this.#levels ? { levels: Object.fromEntries(this.#levels) } : {}),
    };
  }
}
