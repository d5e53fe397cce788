import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import type { Problem } from './errors/consilium-error.js';

/** The names that an object schema allows at `path`, or none where there is no object. */
function namesAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  )
    return namesAt(schema.unwrap(), path);
  if (schema instanceof z.ZodPipe) return namesAt(schema.in, path);
  if (schema instanceof z.ZodUnion || schema instanceof z.ZodDiscriminatedUnion)
    return schema.options.flatMap((option: unknown) => namesAt(option, path));
  const [head, ...rest] = path;
  if (schema instanceof z.ZodObject)
    return head === undefined ? Object.keys(schema.shape) : namesAt((schema.shape as Record<string, unknown>)[String(head)], rest);
  if (head === undefined) return [];
  if (schema instanceof z.ZodRecord) return namesAt(schema.valueType, rest);
  if (schema instanceof z.ZodArray) return namesAt(schema.element, rest);
  return [];
}

/**
 * What a schema found wrong, one problem each: dotted path, sentence, and for an unknown field the nearest known
 * name. Never the offending value, only its type: it may be a secret or a patient's.
 */
export function schemaProblems(schema: z.ZodType, error: z.ZodError): readonly Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.') || '(top level)', detail: issue.message }];
    const known = namesAt(schema, issue.path);
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      detail: 'unknown field',
      ...(known.length > 0 ? { fix: `Did you mean "${closest(key, [...known])}"?` } : {}),
    }));
  });
}
