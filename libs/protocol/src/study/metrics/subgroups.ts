import { z } from 'zod';
import { column, finite } from '../cell-schema.js';
import type { CohortSchema, NumberInput } from '../cohort-schema.js';
import { encodedColumns } from '../encoded-columns.js';
import type { StudyProblem } from '../study-problem.js';
import { encodeNumber } from '../number-transform.js';

const MOST_LEVELS = 50;

const cuts = z
  .array(finite)
  .min(1)
  .max(MOST_LEVELS - 2)
  .refine((points) => points.every((point, index) => index === 0 || point > (points[index - 1] ?? point)), 'ascending');

/**
 * An input whose levels are looked at one by one: `sex`, or `{ input: age, cuts: [50, 65] }` for a number. A patient
 * belongs to the level of the first of their records.
 */
export const Subgroup = z.union(
  [column.transform((input) => ({ input, cuts: undefined })), z.strictObject({ input: column, cuts: cuts.optional() })],
  'the name of a category, or { input: age, cuts: [50, 65] } for a number',
);
export type Subgroup = z.infer<typeof Subgroup>;

/** How the rows of one cohort fall into levels. */
export interface SubgroupLevels {
  readonly input: string;
  /** `F`, `< 50`, `50 to < 65`, `≥ 65`, and `missing` where the input has a missing flag. */
  readonly levels: readonly string[];
  /** @param row - encoded inputs of one record @returns place in `levels` */
  readonly levelOf: (row: ArrayLike<number>) => number;
}

type Inputs = Pick<CohortSchema, 'inputs' | 'inputOrder'>;

/** What is wrong with the subgroups of a study. */
export function subgroupProblems(schema: Inputs, subgroups: readonly Subgroup[]): readonly StudyProblem[] {
  return subgroups.flatMap(({ input: name, cuts: points }, index): readonly StudyProblem[] => {
    const problem = (message: string): readonly StudyProblem[] => [[['metrics', 'subgroups', String(index)], message]];
    if (subgroups.findIndex(({ input }) => input === name) !== index) return problem(`${name} stands twice`);
    const input = schema.inputs[name];
    if (!input) return problem(`${name} is not one of cohort.inputs`);
    if (input.type === 'image') return problem(`${name} is an image, which has no levels`);
    if (input.type === 'category') {
      if (points) return problem(`${name} is a category: leave cuts out`);
      return input.levels.length <= MOST_LEVELS
        ? []
        : problem(`${name} has ${input.levels.length} levels; at most ${MOST_LEVELS} are compared`);
    }
    if (!points) return problem(`${name} is a number: it needs cuts, such as { input: ${name}, cuts: [50, 65] }`);
    const [low, high] = input.range;
    if (points.some((point) => !(point > low && point <= high))) return problem(`cuts of ${name} lie above ${low} and at most at ${high}`);
    if (input.transform === 'square' && low < 0) return problem(`${name} is squared: its levels cannot be told from the square`);
    return points.some((point) => !isVisible(input, point)) ? problem(`${name} is cut at ±${input.limit}: a cut lies beyond`) : [];
  });
}

/** Whether values on both sides of a point stay apart in the encoded input. */
function isVisible(input: NumberInput, point: number): boolean {
  return input.limit === undefined || Math.abs(encodeNumber({ ...input, limit: undefined }, point)) < input.limit;
}

/** The levels of a subgroup that {@link subgroupProblems} found nothing wrong with. */
export function subgroupLevels(schema: Inputs, { input: name, cuts: points = [] }: Subgroup): SubgroupLevels {
  const own = encodedColumns(schema).flatMap((encoded, place) => (encoded.source === name ? [{ ...encoded, place }] : []));
  const input = schema.inputs[name];
  const flag = own.find(({ kind }) => kind === 'missing')?.place;
  const named = input?.type === 'category' ? input.levels : input?.type === 'image' || !input ? [] : cutNames(points);
  const levels = flag === undefined ? named : [...named, 'missing'];
  const marks = own.filter(({ kind }) => kind === 'level');
  // Rows hold 32-bit floats: a cut is compared as one. Rounding keeps the order, so a value at the cut is not below it.
  const encoded =
    input?.type === 'number' || input?.type === 'integer' ? points.map((point) => Math.fround(encodeNumber(input, point))) : [];
  const place = own[0]?.place ?? 0;
  return {
    input: name,
    levels,
    levelOf: (row) => {
      if (flag !== undefined && row[flag] === 1) return levels.length - 1;
      if (input?.type === 'category') return marks.findIndex((mark) => row[mark.place] === 1) + 1;
      const value = row[place] ?? 0;
      return encoded.filter((point) => value >= point).length;
    },
  };
}

const cutNames = (points: readonly number[]): readonly string[] => [
  `< ${points[0]}`,
  ...points.slice(1).map((point, index) => `${points[index]} to < ${point}`),
  `≥ ${points.at(-1)}`,
];
