import { encodedWidth } from '@consilium/protocol';
import type { CohortReport } from './cohort-report.js';
import type { CohortReading } from './cohort-reading.js';
import type { ImageShelf } from './images/image-shelf.js';
import type { Part } from './split.js';

/** Rows of one part, as the model takes them. */
export interface Rows {
  /** Encoded inputs, rows × width, row-major: a number a column, height × width × channels for an image, which stands last. */
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

/**
 * The numbers of a reading in their final order. Images are read one by one, into their place.
 * @throws CohortRefused DATA_UNREADABLE where an image is no longer what it was
 */
export async function encodedCohort(report: CohortReport, reading: CohortReading, images: ImageShelf | undefined): Promise<EncodedCohort> {
  const columns = report.encodedColumns.map(({ name }) => name);
  const width = encodedWidth(report.encodedColumns);
  const cells = report.encodedColumns.filter(({ kind }) => kind !== 'image').length;
  const order = reading.keptDigests.order();
  const source = reading.x.values;
  const part = async (wanted: Part): Promise<Rows> => {
    const rows = order.filter((index) => reading.kept[index]?.part === wanted);
    const x = new Float32Array(rows.length * width);
    const y = new Float32Array(rows.length);
    const patients = new Int32Array(rows.length);
    const numbers = new Map<number, number>();
    for (const [place, index] of rows.entries()) {
      const row = reading.kept[index];
      if (!row) continue;
      x.set(source.subarray(index * cells, (index + 1) * cells), place * width);
      if (row.image !== undefined && images) x.set(await images.read(row.image), place * width + cells);
      y[place] = row.y;
      const number = numbers.get(row.patient) ?? numbers.size;
      numbers.set(row.patient, number);
      patients[place] = number;
    }
    return { x, y, patients, patientCount: numbers.size };
  };
  return { columns, train: await part('train'), test: await part('test'), fingerprint: report.fingerprint };
}
