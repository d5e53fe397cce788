import type { CohortReport } from './cohort-report.js';
import type { CohortReading } from './cohort-reading.js';
import type { Part } from './split.js';

/** Rows of one part, as the model takes them. */
export interface Rows {
  /** Encoded inputs, rows × columns, row-major. */
  readonly x: Float32Array<ArrayBuffer>;
  /** One a row, as `Outcome` of the protocol defines it: 1 where a binary outcome is positive, else 0. */
  readonly y: Float32Array<ArrayBuffer>;
  /** Index of the row's patient, 0 to `patientCount` − 1, numbered in the order of the rows. */
  readonly patients: Int32Array<ArrayBuffer>;
  readonly patientCount: number;
}

/** A cohort in the study's columns. Rows stand in the order of their digests: the same whatever the files' order. */
export interface EncodedCohort {
  /** Names of the encoded columns, in order. */
  readonly columns: readonly string[];
  readonly train: Rows;
  readonly test: Rows;
  /** See {@link CohortReport.fingerprint}. */
  readonly fingerprint: string;
}

/** The numbers of a reading in their final order. */
export function encodedCohort(report: CohortReport, reading: CohortReading): EncodedCohort {
  const columns = report.encodedColumns.map(({ name }) => name);
  const order = reading.keptDigests.order();
  const source = reading.x.values;
  const part = (wanted: Part): Rows => {
    const rows = order.filter((index) => reading.kept[index]?.part === wanted);
    const x = new Float32Array(rows.length * columns.length);
    const y = new Float32Array(rows.length);
    const patients = new Int32Array(rows.length);
    const numbers = new Map<number, number>();
    for (const [place, index] of rows.entries()) {
      const row = reading.kept[index];
      if (!row) continue;
      for (let column = 0; column < columns.length; column += 1)
        x[place * columns.length + column] = source[index * columns.length + column] ?? NaN;
      y[place] = row.y;
      const number = numbers.get(row.patient) ?? numbers.size;
      numbers.set(row.patient, number);
      patients[place] = number;
    }
    return { x, y, patients, patientCount: numbers.size };
  };
  return { columns, train: part('train'), test: part('test'), fingerprint: report.fingerprint };
}
