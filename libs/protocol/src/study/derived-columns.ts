import { z } from 'zod';
import { cell, column } from './cell-schema.js';

const columns = z.array(column).min(1).max(100);

/** The first of several columns that says something, by public rules: genotypes that stand in for one another, age bands, spellings. */
const FirstOf = z.strictObject({
  firstOf: z
    .array(
      z.strictObject({
        column,
        /** What each text becomes; a text that is not listed says nothing. Without a map the text stands as it is. */
        map: z.record(z.string(), cell).optional(),
        /** Asked only where another column has one of these texts. */
        where: z.strictObject({ column, equals: z.array(cell).min(1).max(100) }).optional(),
      }),
    )
    .min(1)
    .max(50),
});

/** `1` where one of the columns has one of these texts, `0` where another of them says something else, missing where all are empty. */
const AnyOf = z.strictObject({ anyOf: z.strictObject({ columns, equals: z.array(cell).min(1).max(100) }) });

/** `1` where the text of a list such as `3;8` has one of these members, `0` where it has others, missing where it is empty. */
const Contains = z.strictObject({
  contains: z.strictObject({ column, separator: z.string().min(1).max(5), members: z.array(cell).min(1).max(100) }),
});

/**
 * A column that a study makes of others before anything else is read: the same at every site, and part of the model.
 * It is text like any cell, and read by the input that names it.
 */
export const DerivedColumn = z.union([FirstOf, AnyOf, Contains], 'firstOf, anyOf or contains');
export type DerivedColumn = z.infer<typeof DerivedColumn>;

/** The file's columns that a derived one is made of. */
export function derivedFrom(derived: DerivedColumn): readonly string[] {
  if ('anyOf' in derived) return derived.anyOf.columns;
  if ('contains' in derived) return [derived.contains.column];
  return derived.firstOf.flatMap(({ column: name, where }) => (where ? [name, where.column] : [name]));
}
