import { ConsiliumError, type Outcome } from '@consilium/protocol';
import type { Reading } from './cell-reader.js';
import { positiveRule, ruleHolds } from './positive-rule.js';

/** The sign of a time says whether the event was seen, and 0 has none. */
const SHORTEST_TIME = 1e-6;

interface Described {
  readonly name: string;
  readonly type: 'number' | 'integer' | 'category';
  readonly levels: readonly string[] | undefined;
  readonly range: readonly [number, number] | undefined;
  readonly missingCodes: readonly string[];
}

/** How a row's outcome becomes the one number that training uses. */
export interface OutcomeReader {
  /** Columns of the file, in the order in which `value` takes their readings. */
  readonly columns: readonly Described[];
  /** @param readings - of `columns`, free of faults and gaps. @returns `y` as `Outcome` of the protocol defines it */
  readonly value: (readings: readonly (Reading | undefined)[]) => number;
  /** Whether a row counts as positive in reports: a positive outcome, or an event that was seen; undefined where neither is meant. */
  readonly positive: ((y: number) => boolean) | undefined;
}

const number = (reading: Reading | undefined): number => (reading?.kind === 'number' ? reading.value : Number.NaN);
const TRANSFORMS: Readonly<Record<'none' | 'sqrt' | 'log', (value: number) => number>> = {
  none: (value) => value,
  sqrt: Math.sqrt,
  log: Math.log,
};

/** @throws ConsiliumError INVALID_STUDY where a rule does not fit its column, or a transform its range */
export function outcomeReader(outcome: Outcome): OutcomeReader {
  const { column: name, missingCodes } = outcome;
  switch (outcome.type) {
    case 'binary': {
      const rule = positiveRule(outcome);
      return {
        columns: [
          {
            name,
            type: rule.column === 'number' ? 'number' : 'category',
            levels: outcome.levels,
            range: outcome.range,
            missingCodes,
          },
        ],
        value: ([reading]) => (ruleHolds(rule, reading) ? 1 : 0),
        positive: (y) => y === 1,
      };
    }
    case 'class':
    case 'ordinal': {
      const { levels } = outcome;
      const places = new Map(levels.map((level, place) => [level, place]));
      return {
        columns: [{ name, type: 'category', levels, range: undefined, missingCodes }],
        value: ([reading]) => (reading?.kind === 'level' ? (places.get(reading.level) ?? Number.NaN) : Number.NaN),
        positive: undefined,
      };
    }
    case 'number': {
      const { range, transform, center, scale } = outcome;
      if (transform !== 'none' && !Number.isFinite(TRANSFORMS[transform](range[0])))
        throw new ConsiliumError({
          code: 'INVALID_STUDY',
          errorClass: 'usage',
          message: `cohort.outcome.transform ${transform} is not defined at the lower end of cohort.outcome.range.`,
          fix: 'Raise the lower end of the range, or take another transform.',
        });
      return {
        columns: [{ name, type: 'number', levels: undefined, range, missingCodes }],
        value: ([reading]) => (TRANSFORMS[transform](number(reading)) - center) / scale,
        positive: undefined,
      };
    }
    case 'count':
      return {
        columns: [{ name, type: 'integer', levels: undefined, range: outcome.range, missingCodes }],
        value: ([reading]) => number(reading),
        positive: undefined,
      };
    case 'survival': {
      const rule = positiveRule(outcome.event);
      return {
        columns: [
          { name, type: 'number', levels: undefined, range: outcome.range, missingCodes },
          {
            name: outcome.event.column,
            type: rule.column === 'number' ? 'number' : 'category',
            levels: undefined,
            range: undefined,
            missingCodes,
          },
        ],
        value: ([time, event]) => (ruleHolds(rule, event) ? 1 : -1) * Math.max(number(time), SHORTEST_TIME),
        positive: (y) => y > 0,
      };
    }
  }
}
