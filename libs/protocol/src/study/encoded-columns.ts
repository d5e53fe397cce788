import { canonicalJson, sha256Hex } from '../canonical-json.js';
import type { CohortSchema } from './cohort-schema.js';

/** One input of the model, after encoding. */
export interface EncodedColumn {
  /** Such as `age`, `cp=2`, `chol:missing`. */
  readonly name: string;
  readonly source: string;
  readonly kind: 'number' | 'level' | 'missing';
  /** The level that this column marks, for `level`. */
  readonly level?: string;
}

/**
 * The model's inputs in their one order: inputs as the study declares them, each category as one column per level
 * but the first, then its missing flag. Whatever occurs at a site, and however its file is ordered, changes nothing.
 */
export function encodedColumns(schema: Pick<CohortSchema, 'inputs' | 'inputOrder'>): readonly EncodedColumn[] {
  return schema.inputOrder.flatMap((source): EncodedColumn[] => {
    const input = schema.inputs[source];
    if (!input) return [];
    return [
      ...(input.type === 'category'
        ? input.levels.slice(1).map((level): EncodedColumn => ({ name: `${source}=${level}`, source, kind: 'level', level }))
        : [{ name: source, source, kind: 'number' as const }]),
      ...(input.missingFlag ? [{ name: `${source}:missing`, source, kind: 'missing' as const }] : []),
    ];
  });
}

/** SHA-256 (hex) of the encoded column names in order: what sites compare before round 1. */
export function encodedColumnsHash(columns: readonly EncodedColumn[]): string {
  return sha256Hex(canonicalJson(columns.map((column) => column.name)));
}
