import { createHash, hash } from 'node:crypto';
import { canonicalJson } from '@consilium/protocol';
import type { Reading } from './cell-reader.js';
import type { GrowingDigests } from './growing-columns.js';

/** A reading as one unambiguous word: two spellings of one value, or two codes for missing, are the same word. */
function word(reading: Reading, text: string): string {
  switch (reading.kind) {
    case 'number':
      return `n${reading.value}`;
    case 'level':
      return `l${reading.level}`;
    case 'missing':
      return 'm';
    case 'image':
      return `i${reading.digest}`;
    case 'unusable':
      return `u${reading.reason}`;
    case 'fault':
      return `f${text}`;
  }
}

/**
 * Digest of what one row says to the study: its identifier, the texts of the split and of the rules, and the readings
 * of its columns, each in the order of the schema. It does not depend on the file's order, encoding or number format.
 */
export function rowDigest(id: string, texts: readonly string[], readings: readonly Reading[], cells: readonly string[]): Buffer {
  return hash('sha256', JSON.stringify([id, texts, readings.map((reading, index) => word(reading, cells[index] ?? ''))]), 'buffer');
}

/**
 * Fingerprint of a cohort: SHA-256 over the names of the columns and the sorted digests of all rows.
 * @returns 64 hex digits
 */
export function cohortFingerprint(names: readonly string[], rows: GrowingDigests): string {
  const whole = createHash('sha256')
    .update('consilium/v1/cohort\n')
    .update(canonicalJson([...names]));
  for (const index of rows.order()) whole.update(rows.at(index));
  return whole.digest('hex');
}
