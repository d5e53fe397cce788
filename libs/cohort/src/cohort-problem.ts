import { ConsiliumError, type Problem } from '@consilium/protocol';

/** Why a cohort is refused. All four are on the list of codes that may leave a site. */
export type CohortCode = 'DATA_UNREADABLE' | 'COHORT_SCHEMA' | 'COHORT_RANGE' | 'COHORT_TOO_SMALL';

/** One reason why a cohort is refused, for people at the site. Counts, row numbers and column names; never values. */
export interface CohortProblem {
  readonly code: CohortCode;
  /** A column that the study itself declares: the only name that may leave the site with the code. */
  readonly column?: string;
  /** For COHORT_SCHEMA: what the column should be, one word, as the refusal's field `expected`. */
  readonly expected?: string;
  /** Rows concerned. */
  readonly count?: number;
  /** The first of them, {@link ROWS_SHOWN} at most; row 1 is the first below the header, files counted through. */
  readonly rows?: readonly number[];
  readonly sentence: string;
  readonly fix: string;
}

export const ROWS_SHOWN = 20;

/** A cohort that cannot be used as it is: the first problem speaks, all are carried. Exit code 5. */
export class CohortRefused extends ConsiliumError {
  readonly refused: readonly CohortProblem[];

  constructor(problems: readonly [CohortProblem, ...CohortProblem[]]) {
    const [first] = problems;
    const more = problems.length - 1;
    super({
      code: first.code,
      errorClass: 'refused',
      message: more > 0 ? `${first.sentence} (and ${more} more problem${more > 1 ? 's' : ''})` : first.sentence,
      fix: first.fix,
      problems: problems.map((problem): Problem => ({ path: problem.column ?? 'source', detail: problem.sentence, fix: problem.fix })),
    });
    this.refused = problems;
  }
}

/** @returns an error with that one problem */
export function refuse(problem: CohortProblem): CohortRefused {
  return new CohortRefused([problem]);
}

/** `1 row`, `46 rows`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
