import type { Algorithm } from './algorithm.js';
import type { CohortSchema } from './cohort-schema.js';
import { encodedColumns } from './encoded-columns.js';
import type { StudyProblem } from './study-problem.js';

/** {@link LevelWeights} in terms of a model's inputs: the weight of the first column that is 1 in a record, or else `reference`. */
export interface RecordWeights {
  readonly reference: number;
  readonly columns: readonly { readonly column: number; readonly weight: number }[];
}

type Cohort = Pick<CohortSchema, 'inputs' | 'inputOrder' | 'outcome'>;

export function levelWeightProblems(cohort: Cohort, { weights }: Algorithm): readonly StudyProblem[] {
  if (!weights) return [];
  const path = ['algorithm', 'weights'];
  const input = cohort.inputs[weights.input];
  if (input?.type !== 'category') return [[path, `${weights.input} is not a category among cohort.inputs`]];
  if (cohort.outcome.type === 'survival' && !cohort.outcome.intervals)
    return [[path, 'not for Cox regression: a risk set compares records, and none has a loss of its own']];
  return Object.keys(weights.levels)
    .filter((level) => !input.levels.map(String).includes(level))
    .map((level) => [path, `${level} is not a level of ${weights.input}; it has ${input.levels.join(', ')}`]);
}

/** @returns undefined where every record weighs the same */
export function recordWeights(cohort: Cohort, { weights }: Algorithm): RecordWeights | undefined {
  const input = weights && cohort.inputs[weights.input];
  if (!weights || input?.type !== 'category') return undefined;
  const of = (level: unknown): number => weights.levels[String(level)] ?? 1;
  return {
    reference: of(input.levels[0]),
    columns: encodedColumns(cohort).flatMap((encoded, place) =>
      encoded.source === weights.input ? [{ column: place, weight: encoded.kind === 'level' ? of(encoded.level) : 1 }] : [],
    ),
  };
}

/** @param begin - where the record begins in `x` */
export function weightOf({ reference, columns }: RecordWeights, x: ArrayLike<number>, begin: number): number {
  for (const { column: place, weight } of columns) if (x[begin + place] === 1) return weight;
  return reference;
}
