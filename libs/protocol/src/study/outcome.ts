import { z } from 'zod';
import { cell, column, finite } from './cell-schema.js';

/** `> 0`, `>= 1`, `< 5`, `<= 5`, `= yes`: which values of a column count as positive. */
export const POSITIVE_RULE = /^(>=|<=|>|<|=)\s*(\S(?:.*\S)?)$/;

const positive = z.string().regex(POSITIVE_RULE, 'a comparison such as "> 0" or "= yes"');
const missingCodes = z.array(cell).max(50).default([]);
const range = z.tuple([finite, finite]).refine(([low, high]) => low < high, 'the lowest value comes first');
const levels = z
  .array(cell)
  .max(1000)
  .refine((list) => new Set(list).size === list.length, 'a level stands twice');
const aliases = z.record(z.string(), cell).default({});

const Binary = z.strictObject({
  type: z.literal('binary'),
  column,
  positive,
  range: z.tuple([finite, finite]).optional(),
  levels: z.array(cell).min(2).optional(),
  missingCodes,
});

/** One of several kinds without an order. `y` is the level's place in the list. */
const Class = z.strictObject({ type: z.literal('class'), column, levels: levels.min(2, 'at least two levels'), aliases, missingCodes });

/** One of several levels, lowest first. `y` is the level's place in the list. */
const Ordinal = z.strictObject({
  type: z.literal('ordinal'),
  column,
  levels: levels.min(3, 'at least three levels'),
  aliases,
  missingCodes,
});

/** A quantity. `y` is (f(value) − center)/scale with f the transform; constants are public. */
const Quantity = z.strictObject({
  type: z.literal('number'),
  column,
  range,
  transform: z.enum(['none', 'sqrt', 'log']).default('none'),
  center: finite.default(0),
  scale: finite.positive('above 0').default(1),
  unit: z.string().max(40).optional(),
  missingCodes,
});

/** How often something happened: whole numbers from 0 on. `y` is the count. */
const Count = z.strictObject({
  type: z.literal('count'),
  column,
  range: z.tuple([z.int().min(0), z.int().max(1_000_000)]).refine(([low, high]) => low < high, 'the lowest value comes first'),
  missingCodes,
});

/**
 * Time to an event, or to the end of observation without it. `y` is the time, negative where the event was not seen
 * (censored); a time of 0 is refused.
 */
const Survival = z.strictObject({
  type: z.literal('survival'),
  /** Time. */
  column,
  range: range.refine(([low]) => low >= 0, 'times are not negative'),
  unit: z.string().max(40).optional(),
  /** Whether the event was seen. */
  event: z.strictObject({ column, positive }),
  /**
   * Upper ends of the intervals of a discrete-time model, ascending: an event at time t belongs to the first whose end is
   * at least t. Without them risk sets decide (Cox).
   */
  intervals: z
    .array(finite.positive('above 0'))
    .min(2)
    .max(200)
    .refine((ends) => ends.every((end, index) => index === 0 || end > (ends[index - 1] ?? 0)), 'ascending')
    .optional(),
  missingCodes,
});

const AnyOutcome = z.discriminatedUnion('type', [Binary, Class, Ordinal, Quantity, Count, Survival]);

/** What a study learns to predict; without `type` it is binary. */
export const Outcome = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !('type' in value) ? { type: 'binary', ...value } : value),
  AnyOutcome,
);
export type Outcome = z.infer<typeof AnyOutcome>;
export type OutcomeType = Outcome['type'];

/** Columns of the file that an outcome is read from. */
export function outcomeColumns(outcome: Outcome): readonly string[] {
  return outcome.type === 'survival' ? [outcome.column, outcome.event.column] : [outcome.column];
}

/** For people: the column, and what is made of it. */
export function outcomeInWords(outcome: Outcome): string {
  const { column: name } = outcome;
  switch (outcome.type) {
    case 'binary':
      return `${name} (positive: ${outcome.positive})`;
    case 'class':
      return `${name} (one of ${outcome.levels.length} classes)`;
    case 'ordinal':
      return `${name} (${outcome.levels.length} levels in order)`;
    case 'number':
      return `${name} (a quantity, ${outcome.range[0]} to ${outcome.range[1]}${outcome.unit === undefined ? '' : ` ${outcome.unit}`})`;
    case 'count':
      return `${name} (a count, ${outcome.range[0]} to ${outcome.range[1]})`;
    case 'survival':
      return `${name} (time to event; seen where ${outcome.event.column} ${outcome.event.positive})`;
  }
}
