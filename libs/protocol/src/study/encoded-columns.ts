import { canonicalJson, sha256Hex } from '../canonical-json.js';
import type { CohortSchema } from './cohort-schema.js';

/** One input of the model, after encoding; an image is one column of many numbers. */
export interface EncodedColumn {
  /** Such as `age`, `cp=2`, `chol:missing`, `xray[28,28,1]`. */
  readonly name: string;
  readonly source: string;
  readonly kind: 'number' | 'level' | 'missing' | 'image';
  /** The level that this column marks, for `level`. */
  readonly level?: string;
  /** Height, width and channels, for `image`: that many numbers, row-major, channels last. */
  readonly shape?: readonly [number, number, number];
}

/**
 * The model's inputs in their one order: inputs as the study declares them, each category as one column per level
 * but the first, then its missing flag; images stand behind all others. Whatever occurs at a site, and however its file is ordered, changes nothing.
 */
export function encodedColumns(schema: Pick<CohortSchema, 'inputs' | 'inputOrder'>): readonly EncodedColumn[] {
  const images: EncodedColumn[] = [];
  const cells = schema.inputOrder.flatMap((source): EncodedColumn[] => {
    const input = schema.inputs[source];
    if (!input) return [];
    if (input.type === 'image') {
      const shape = [input.height, input.width, input.channels] as const;
      images.push({ name: `${source}[${shape.join(',')}]`, source, kind: 'image', shape });
      return [];
    }
    return [
      ...(input.type === 'category'
        ? input.levels.slice(1).map((level): EncodedColumn => ({ name: `${source}=${level}`, source, kind: 'level', level }))
        : [{ name: source, source, kind: 'number' as const }]),
      ...(input.missingFlag ? [{ name: `${source}:missing`, source, kind: 'missing' as const }] : []),
    ];
  });
  return [...cells, ...images];
}

/** How many numbers one row has: one a column, and height × width × channels for an image. */
export function encodedWidth(columns: readonly Pick<EncodedColumn, 'shape'>[]): number {
  return columns.reduce((sum, { shape: [height, width, channels] = [1, 1, 1] }) => sum + height * width * channels, 0);
}

/** SHA-256 (hex) of the encoded column names in order: what sites compare before round 1. */
export function encodedColumnsHash(columns: readonly EncodedColumn[]): string {
  return sha256Hex(canonicalJson(columns.map((column) => column.name)));
}
