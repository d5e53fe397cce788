import type { CohortReport } from './cohort-report.js';
import { CohortRefused } from './cohort-problem.js';
import { CohortReading } from './cohort-reading.js';
import type { CohortRequest } from './cohort-request.js';
import { encodedCohort, type EncodedCohort } from './encoded-cohort.js';
import { findFiles } from './find-files.js';
import { surveySource, type SourceSurvey } from './source-survey.js';
import { columnName, neededNames, studyColumns } from './study-columns.js';
import { tableRows, type TableShape } from './table-rows.js';
import { unreadReport } from './unread-report.js';

async function readCohort(request: CohortRequest): Promise<{ readonly report: CohortReport; readonly reading?: CohortReading }> {
  const { schema, source, patientId } = request;
  const columns = studyColumns(schema, source);
  const names = neededNames(schema);
  const known = new Set([...names, ...(patientId === undefined ? [] : [patientId])].map(columnName));
  let survey: SourceSurvey | undefined;
  try {
    survey = await surveySource(await findFiles(source.path, request.baseDir ?? process.cwd()), source, columns, known);
    const reading = new CohortReading(request, survey, columns);
    const shape: TableShape = { names: [], files: [], blankRows: 0 };
    for await (const row of tableRows(survey.files, { names, patientId }, shape)) reading.add(row, shape);
    return { report: reading.report(shape), reading };
  } catch (cause) {
    if (!(cause instanceof CohortRefused)) throw cause;
    return { report: unreadReport(schema, [...(survey?.problems ?? []), ...cause.refused], survey) };
  }
}

/**
 * Reads a cohort by a study's schema and says what it found; sends nothing, keeps nothing, writes nothing. Whatever
 * is wrong with the data is in `problems`, with the rest of the report as far as it goes.
 * @throws ConsiliumError INVALID_STUDY where the outcome's rule does not fit its column
 * @throws TypeError where the study splits by patient and no key is given
 */
export async function checkCohort(request: CohortRequest): Promise<CohortReport> {
  return (await readCohort(request)).report;
}

/**
 * Reads a cohort for training: the same reading as {@link checkCohort}, all or nothing.
 * @returns rows in an order that depends on their content alone
 * @throws CohortRefused with the first problem's code (DATA_UNREADABLE, COHORT_SCHEMA, COHORT_RANGE, COHORT_TOO_SMALL),
 * carrying all of them
 */
export async function loadCohort(request: CohortRequest): Promise<EncodedCohort> {
  const { report, reading } = await readCohort(request);
  const [first, ...rest] = report.problems;
  if (first) throw new CohortRefused([first, ...rest]);
  if (!reading) throw new TypeError('a report without a problem comes from a reading');
  return encodedCohort(report, reading);
}
