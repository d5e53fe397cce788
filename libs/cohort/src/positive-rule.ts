import { ConsiliumError, POSITIVE_RULE } from '@consilium/protocol';
import type { Reading } from './cell-reader.js';

/** A column with a comparison: a binary outcome, or whether an event was seen. */
interface Ruled {
  readonly positive: string;
  readonly levels?: readonly string[] | undefined;
}

const invalid = (message: string, fix: string) => new ConsiliumError({ code: 'INVALID_STUDY', errorClass: 'usage', message, fix });

/** A comparison such as `> 0`, taken apart. */
export interface PositiveRule {
  /** How the column is read: as a number, by its list of levels, or as any text. */
  readonly column: 'number' | 'levels' | 'text';
  /** @param value - the number, or the level's text */
  readonly holds: (value: number | string) => boolean;
}

/**
 * @throws ConsiliumError INVALID_STUDY where the comparison and the column's type do not fit
 */
export function positiveRule(outcome: Ruled): PositiveRule {
  const match = POSITIVE_RULE.exec(outcome.positive);
  const [, operator, operand] = match ?? [];
  if (operator === undefined || operand === undefined)
    throw invalid(`cohort.outcome.positive is no comparison.`, 'Write a comparison such as "> 0" or "= yes".');
  const number = Number(operand);
  const column = outcome.levels ? 'levels' : Number.isFinite(number) ? 'number' : 'text';
  if (operator === '=') {
    if (outcome.levels && !outcome.levels.includes(operand))
      throw invalid('cohort.outcome.positive names a text that is not one of outcome.levels.', 'Name one of the levels.');
    return { column, holds: column === 'number' ? (value) => value === number : (value) => value === operand };
  }
  if (!Number.isFinite(number) || outcome.levels?.some((level) => level.trim() === '' || !Number.isFinite(Number(level))))
    throw invalid(`cohort.outcome.positive compares by size what is not a number.`, 'Compare with "= text", or declare numeric levels.');
  const compare: Record<string, (value: number) => boolean> = {
    '>': (value) => value > number,
    '>=': (value) => value >= number,
    '<': (value) => value < number,
    '<=': (value) => value <= number,
  };
  const holds = compare[operator] ?? (() => false);
  return { column, holds: (value) => holds(Number(value)) };
}

/** @returns whether a reading of the rule's column is positive; a fault or a gap is not */
export function ruleHolds(rule: PositiveRule, reading: Reading | undefined): boolean {
  if (reading?.kind === 'number') return rule.holds(reading.value);
  return reading?.kind === 'level' && rule.holds(reading.level);
}
