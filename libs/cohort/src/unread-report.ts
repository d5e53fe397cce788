import { encodedColumns, encodedColumnsHash, type CohortSchema } from '@consilium/protocol';
import type { CohortProblem } from './cohort-problem.js';
import type { CohortReport } from './cohort-report.js';
import type { SourceSurvey } from './source-survey.js';

/** The report on files that could not be read as a table. */
export function unreadReport(schema: CohortSchema, problems: readonly CohortProblem[], survey: SourceSurvey | undefined): CohortReport {
  const encoded = encodedColumns(schema);
  const nobody = { rows: 0, patients: 0, positive: 0 };
  const none = { count: 0, rows: [] };
  return {
    cohort: schema.name,
    accepted: false,
    problems,
    notes: [],
    files: [],
    rows: 0,
    blankRows: 0,
    patients: 0,
    patientsBy: 'row',
    trimmedIds: none,
    repeats: { exact: none, butOneColumn: none },
    excluded: { byRule: [], byMissing: [], rows: 0 },
    train: nobody,
    test: nobody,
    neither: 0,
    columns: [],
    encodedColumns: encoded,
    columnsHash: encodedColumnsHash(encoded),
    fingerprint: '',
    ...(survey?.proposal ? { proposal: survey.proposal } : {}),
  };
}
