import { z } from 'zod';
import { parseValue } from '@consilium/protocol';
import split from './heart-split.json' with { type: 'json' };
import { HOSPITALS, type Split } from './heart-columns.js';

const rowNumbers = z.array(z.int().positive());

const HospitalRecord = z.strictObject({
  /** Patients in the archive's file. */
  rows: z.int().positive(),
  /** Of the CSV file that the archive's file turns into, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Row numbers from 1, in the archive's order; a row in neither list is not used. */
  train: rowNumbers,
  test: rowNumbers,
});

const HeartRecord = z.record(z.enum(HOSPITALS), HospitalRecord);

/** What the project knows of the real data without carrying it: its size, its hash and the benchmark's split. */
export type HeartRecord = z.infer<typeof HeartRecord>;
export type HospitalRecord = z.infer<typeof HospitalRecord>;

/**
 * The split of Fed-Heart-Disease (Ogier du Terrail et al., FLamby, NeurIPS 2022 Datasets and Benchmarks), and the
 * hashes of the files that the UCI archive has published since 1988.
 */
export const HEART_RECORD: HeartRecord = parseValue(split, HeartRecord, 'record of the heart data');

/** @param row - from 1 */
export function splitOf(record: HospitalRecord, row: number): Split {
  if (record.train.includes(row)) return 'train';
  return record.test.includes(row) ? 'test' : '';
}
