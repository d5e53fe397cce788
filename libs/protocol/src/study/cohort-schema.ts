import { z } from 'zod';
import { CohortName } from '../names.js';
import { ImageInput } from './image-input.js';

const finite = z.number('a number').refine(Number.isFinite, 'a finite number');
const cell = z.union([z.string(), finite.transform(String), z.boolean().transform((b) => (b ? '1' : '0'))]);
const column = z.string().min(1, 'a column name').max(80);

/** A numeric input: public constants turn the raw value x into (x − center) / scale. */
export interface NumberInput {
  readonly type: 'number' | 'integer';
  /** Inclusive, in the column's own unit. A value outside is an error, not an outlier to cut. */
  readonly range: readonly [number, number];
  readonly center: number;
  readonly scale: number;
  readonly unit?: string | undefined;
  /** Cell texts that mean "not measured". The empty cell always does. */
  readonly missingCodes: readonly string[];
  /** The raw value that stands in for a missing one. Without it a missing value makes the row unusable. */
  readonly impute?: number | undefined;
  /** Adds an input that is 1 where the value was missing. */
  readonly missingFlag: boolean;
}

/** A categorical input: one 0/1 column per level but the first, in the declared order. */
export interface CategoryInput {
  readonly type: 'category';
  readonly levels: readonly string[];
  /** Other spellings, such as `female: F`. */
  readonly aliases: Readonly<Record<string, string>>;
  /** The level that takes every text outside the list. Without it such a text is an error. */
  readonly other?: string | undefined;
  readonly missingCodes: readonly string[];
  readonly impute?: string | undefined;
  readonly missingFlag: boolean;
}

export type Input = NumberInput | CategoryInput | ImageInput;

const InputFile = z.strictObject({
  type: z.enum(['number', 'integer', 'category']).optional(),
  range: z.tuple([finite, finite]).optional(),
  center: finite.optional(),
  scale: finite.positive('above 0').optional(),
  unit: z.string().max(40).optional(),
  levels: z.array(cell).min(2, 'at least two levels').max(1000).optional(),
  aliases: z.record(z.string(), cell).optional(),
  other: cell.optional(),
  missingCodes: z.array(cell).max(50).optional(),
  impute: z.union([z.literal('center'), cell]).optional(),
  missingFlag: z.boolean().optional(),
});

/** Numeric or categorical; a number needs `range`, a category needs `levels`. */
const TableInput = InputFile.transform((file, context): NumberInput | CategoryInput => {
  const fail = (path: string, message: string) => {
    context.addIssue({ code: 'custom', path: [path], message });
    return z.NEVER;
  };
  const missing = { missingCodes: file.missingCodes ?? [], missingFlag: file.missingFlag ?? false };
  if ((file.type ?? (file.levels ? 'category' : 'number')) === 'category') {
    if (!file.levels) return fail('levels', 'a category needs its levels');
    for (const key of ['range', 'center', 'scale', 'unit'] as const) if (file[key] !== undefined) return fail(key, 'not for a category');
    const { levels, aliases = {}, other, impute } = file;
    if (new Set(levels).size !== levels.length) return fail('levels', 'a level stands twice');
    for (const [alias, level] of Object.entries(aliases))
      if (!levels.includes(level)) return fail('aliases', `"${alias}" stands for a level that is not in levels`);
    if (other !== undefined && !levels.includes(other)) return fail('other', 'not one of levels');
    if (impute !== undefined && !levels.includes(impute)) return fail('impute', 'not one of levels');
    return { type: 'category', levels, aliases, other, impute, ...missing };
  }
  for (const key of ['levels', 'aliases', 'other'] as const) if (file[key] !== undefined) return fail(key, 'only for a category');
  if (!file.range) return fail('range', 'a number needs its range [lowest, highest]');
  const [low, high] = file.range;
  if (!(low < high)) return fail('range', 'the lowest value comes first');
  const center = file.center ?? 0;
  const impute = file.impute === undefined ? undefined : file.impute === 'center' ? center : Number(file.impute);
  if (impute !== undefined && !Number.isFinite(impute)) return fail('impute', '"center" or a number');
  return {
    type: file.type === 'integer' ? 'integer' : 'number',
    range: [low, high],
    center,
    scale: file.scale ?? 1,
    unit: file.unit,
    impute,
    ...missing,
  };
});

/** A cell of the table, or an image. */
export const Input = z.discriminatedUnion('type', [TableInput, ImageInput], 'a number, an integer, a category or an image');

/** `> 0`, `>= 1`, `< 5`, `<= 5`, `= yes`: which outcome values count as positive. */
export const POSITIVE_RULE = /^(>=|<=|>|<|=)\s*(\S(?:.*\S)?)$/;

const Split = z.union(
  [z.strictObject({ column, train: cell, test: cell }), z.strictObject({ byPatient: z.strictObject({ test: z.number().gt(0).lt(1) }) })],
  'either { column, train, test } or { byPatient: { test: 0.25 } }',
);

const CohortFile = z.strictObject({
  name: CohortName,
  outcome: z.strictObject({
    column,
    positive: z.string().regex(POSITIVE_RULE, 'a comparison such as "> 0" or "= yes"'),
    range: z.tuple([finite, finite]).optional(),
    levels: z.array(cell).min(2).optional(),
    missingCodes: z.array(cell).max(50).default([]),
  }),
  inputs: z.record(column, Input).refine((inputs) => Object.keys(inputs).length > 0, 'at least one input'),
  /** The order of the inputs; canonical JSON sorts keys, so a resolved study writes it down. */
  inputOrder: z.array(column).optional(),
  /** Rows that are left out by rule, and counted: every listed text of that column. */
  exclude: z.array(z.strictObject({ column, equals: z.array(cell).min(1) })).default([]),
  /** What happens to a row with a missing value that nothing stands in for. */
  onMissing: z.enum(['refuse', 'exclude']).default('refuse'),
  split: Split,
});

/** The table that a study needs, the same at every site. Types come from here, never from the file. */
export const CohortSchema = CohortFile.transform((file, context) => {
  const declared = Object.keys(file.inputs);
  const inputOrder = file.inputOrder ?? declared;
  if (inputOrder.length !== declared.length || declared.some((name) => !inputOrder.includes(name)))
    context.addIssue({ code: 'custom', path: ['inputOrder'], message: 'names each input once' });
  if (Object.values(file.inputs).filter((input) => input.type === 'image').length > 1)
    context.addIssue({ code: 'custom', path: ['inputs'], message: 'at most one image a row' });
  return { ...file, inputOrder };
});
export type CohortSchema = z.infer<typeof CohortSchema>;
