import { CohortRefused } from './cohort-problem.js';
import type { CohortSource } from './cohort-source.js';
import { cellText } from './csv-records.js';
import { findFiles } from './find-files.js';
import { surveySource } from './source-survey.js';
import { columnName } from './study-columns.js';
import { tableRows } from './table-rows.js';

/** A cohort whose patients can be told apart, without a study's schema. */
export interface IdentifiedSource {
  readonly source: CohortSource;
  /** The column that holds the identifiers. */
  readonly patientId: string;
  /** Where relative paths of the source begin; default: the working directory. */
  readonly baseDir?: string;
}

/**
 * The identifiers in a cohort's table as its cells give them ({@link cellText}), row by row: also those of rows that a
 * study would leave out, and as often as they stand there. A row without one is passed over.
 * @throws CohortRefused DATA_UNREADABLE
 */
export async function* patientIdentifiers({ source, patientId, baseDir = process.cwd() }: IdentifiedSource): AsyncGenerator<string> {
  const survey = await surveySource(await findFiles(source.path, baseDir), source, [], new Set([columnName(patientId)]));
  const [first, ...rest] = survey.problems;
  if (first) throw new CohortRefused([first, ...rest]);
  for await (const { rawId } of tableRows(survey.files, { names: [], patientId }, { names: [], files: [], blankRows: 0 })) {
    const identifier = cellText(rawId ?? '');
    if (identifier !== '') yield identifier;
  }
}
