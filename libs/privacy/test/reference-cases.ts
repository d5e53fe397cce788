import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A case of Google's dp_accounting, with what it answered. */
export interface ReferenceCase {
  readonly kind: 'gaussian' | 'sampledGaussian';
  readonly q?: number;
  readonly sigma: number;
  readonly steps: number;
  readonly delta: number;
  readonly rdp: number;
  /** Absent where it would have taken too long. */
  readonly pld?: number;
}

const root = resolve(import.meta.dirname, '../../..');

/** The reference file, in `$CONSILIUM_DATA` or `shared/data` beside the project; undefined where it is not. */
export const REFERENCE_FILE = [process.env['CONSILIUM_DATA'], join(root, '../shared/data')]
  .map((folder) => folder && join(folder, 'dp-reference/dp_accounting.json'))
  .find((file) => file && existsSync(file));

/** Without the file: none. */
export const REFERENCE_CASES: readonly ReferenceCase[] = REFERENCE_FILE
  ? (JSON.parse(readFileSync(REFERENCE_FILE, 'utf8')) as { cases: ReferenceCase[] }).cases
  : [];
