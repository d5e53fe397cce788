import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConsiliumError } from './errors/consilium-error.js';
import { schemaProblems } from './schema-problems.js';

/**
 * Reads one YAML 1.2 document (core schema, duplicate keys refused) and checks it.
 * @param what - how the input is called in a message, such as `study file heart.yaml`
 * @throws ConsiliumError INVALID_FILE with every problem found; exit code 2
 */
export function parseYaml<S extends z.ZodType>(text: string, schema: S, what: string): z.output<S> {
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, prettyErrors: true });
  const [first] = document.errors;
  if (first) {
    const place = first.linePos?.[0];
    throw new ConsiliumError({
      code: 'INVALID_FILE',
      errorClass: 'usage',
      message: `The ${what} is not YAML${place ? ` (line ${place.line}, column ${place.col})` : ''}: ${first.code.toLowerCase().replaceAll('_', ' ')}.`,
      fix: 'Correct that line.',
    });
  }
  return parseValue(document.toJS({ maxAliasCount: 100 }), schema, what);
}

/** Checks a value that came from outside. @throws ConsiliumError INVALID_FILE */
export function parseValue<S extends z.ZodType>(value: unknown, schema: S, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = schemaProblems(schema, parsed.error);
  // A misspelt field shows twice, as unknown and as missing: the one that names the remedy comes first.
  const first = problems.find(({ fix }) => fix !== undefined) ?? problems[0];
  throw new ConsiliumError({
    code: 'INVALID_FILE',
    errorClass: 'usage',
    message: `The ${what} is not valid: ${first ? `${first.path}: ${first.detail}` : 'wrong form'}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}.`,
    fix: first?.fix ?? 'Correct that field.',
    problems,
  });
}
