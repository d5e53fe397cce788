import type { CategoryInput, CohortSchema } from '@consilium/protocol';
import type { ImageReason } from './images/image-refused.js';
import { numberReader, PLAIN_NUMBERS, type NumberReader } from './number-format.js';

/** What a cell can be wrong in. `whole` and `number` are questions of type, the others of what the study declares. */
export type Fault = 'number' | 'whole' | 'range' | 'level';

/** One cell, read by the study's schema. */
export type Reading =
  | { readonly kind: 'number'; readonly value: number }
  /** `by`: the text is the level itself, an alias of it, or one of all the others. */
  | { readonly kind: 'level'; readonly level: string; readonly by: 'name' | 'alias' | 'other' }
  /** `code`: the declared code that stood there, in the declared spelling; empty for an empty cell. */
  | { readonly kind: 'missing'; readonly code: string }
  /** `image`: its number on the shelf; `digest`: SHA-256 (hex) of its pixels as the model takes them. */
  | { readonly kind: 'image'; readonly image: number; readonly digest: string; readonly inverted: boolean }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'unusable'; readonly reason: ImageReason };

/** @param text - trimmed, NFC */
export type CellReader = (text: string) => Reading;

/** Finds the declared code that a cell is. In a numeric column `-9` is also `-9.0`: gaps make exporters write floats. */
function codeFinder(codes: readonly string[], read?: NumberReader): (text: string) => string | undefined {
  const texts = new Map(codes.map((code) => [code.trim().normalize('NFC'), code]));
  const plain = numberReader(PLAIN_NUMBERS);
  const numbers = new Map(
    codes.flatMap((code) => {
      const value = plain(code.trim());
      return value === undefined ? [] : [[value, code] as const];
    }),
  );
  return (text) => {
    if (text === '') return '';
    const exact = texts.get(text);
    if (exact !== undefined || !read || numbers.size === 0) return exact;
    const value = read(text);
    return value === undefined ? undefined : numbers.get(value);
  };
}

export function numberCells(rules: {
  readonly whole: boolean;
  readonly range: readonly [number, number];
  readonly codes: readonly string[];
  readonly read: NumberReader;
}): CellReader {
  const codeOf = codeFinder(rules.codes, rules.read);
  const [low, high] = rules.range;
  return (text) => {
    const code = codeOf(text);
    if (code !== undefined) return { kind: 'missing', code };
    const value = rules.read(text);
    if (value === undefined) return { kind: 'fault', fault: 'number' };
    if (rules.whole && !Number.isInteger(value)) return { kind: 'fault', fault: 'whole' };
    if (!(value >= low && value <= high)) return { kind: 'fault', fault: 'range' };
    return { kind: 'number', value };
  };
}

export function categoryCells(input: Pick<CategoryInput, 'levels' | 'aliases' | 'other'>, codes: readonly string[]): CellReader {
  const codeOf = codeFinder(codes);
  const levels = new Map(input.levels.map((level) => [level.normalize('NFC'), level]));
  const aliases = new Map(Object.entries(input.aliases).map(([alias, level]) => [alias.normalize('NFC'), level]));
  return (text) => {
    const code = codeOf(text);
    if (code !== undefined) return { kind: 'missing', code };
    const level = levels.get(text);
    if (level !== undefined) return { kind: 'level', level, by: 'name' };
    const alias = aliases.get(text);
    if (alias !== undefined) return { kind: 'level', level: alias, by: 'alias' };
    if (input.other !== undefined) return { kind: 'level', level: input.other, by: 'other' };
    return { kind: 'fault', fault: 'level' };
  };
}

/** Any text is a level of its own: an outcome of which the study declares one text as positive, and no list. */
export function textCells(codes: readonly string[]): CellReader {
  const codeOf = codeFinder(codes);
  return (text) => {
    const code = codeOf(text);
    return code === undefined ? { kind: 'level', level: text, by: 'name' } : { kind: 'missing', code };
  };
}

/** Whether a cell's text is one that a rule lists; `5` is also `5.0`. */
export function equalsAny(texts: CohortSchema['exclude'][number]['equals'], read: NumberReader): (text: string) => boolean {
  const codeOf = codeFinder(texts, read);
  const empty = texts.some((text) => text.trim() === '');
  return (text) => (text === '' ? empty : codeOf(text) !== undefined);
}
