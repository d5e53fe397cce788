import type { CohortReport } from './cohort-report.js';
import { CohortRefused } from './cohort-problem.js';
import { CohortReading } from './cohort-reading.js';
import type { CohortRequest } from './cohort-request.js';
import { encodedCohort, type EncodedCohort } from './encoded-cohort.js';
import { openTable } from './cohort-table.js';
import type { ImageShelf } from './images/image-shelf.js';
import type { SourceSurvey } from './source-survey.js';
import { studyColumns } from './study-columns.js';
import type { TableShape } from './table-rows.js';
import { unreadReport } from './unread-report.js';

interface ReadCohort {
  readonly report: CohortReport;
  readonly reading?: CohortReading;
  readonly images?: ImageShelf | undefined;
}

async function readCohort(request: CohortRequest, fresh: boolean): Promise<ReadCohort> {
  const { schema, source } = request;
  const columns = studyColumns(schema, source);
  let survey: SourceSurvey | undefined;
  try {
    const table = await openTable(request, columns, fresh);
    survey = table.survey;
    const reading = new CohortReading(request, survey, columns);
    const shape: TableShape = { names: [], files: [], blankRows: 0 };
    for await (const row of table.rows(shape)) reading.add(row, shape);
    return { report: reading.report(shape, table.images), reading, images: table.images };
  } catch (cause) {
    if (!(cause instanceof CohortRefused)) throw cause;
    return { report: unreadReport(schema, [...(survey?.problems ?? []), ...cause.refused], survey) };
  }
}

/**
 * Reads a cohort by a study's schema and says what it found; sends nothing and keeps nothing but decoded
 * images in the cache that is handed in; every image is opened, whatever that cache knows. Whatever
 * is wrong with the data is in `problems`, with the rest of the report as far as it goes.
 * @throws ConsiliumError INVALID_STUDY where the outcome's rule does not fit its column
 * @throws TypeError where the study splits by patient and no key is given
 */
export async function checkCohort(request: CohortRequest): Promise<CohortReport> {
  return (await readCohort(request, true)).report;
}

/**
 * Reads a cohort for training: the same reading as {@link checkCohort}, all or nothing.
 * @returns rows in an order that depends on their content alone
 * @throws CohortRefused with the first problem's code (DATA_UNREADABLE, COHORT_SCHEMA, COHORT_RANGE, COHORT_TOO_SMALL),
 * carrying all of them
 */
export async function loadCohort(request: CohortRequest): Promise<EncodedCohort> {
  const { report, reading, images } = await readCohort(request, false);
  const [first, ...rest] = report.problems;
  if (first) throw new CohortRefused([first, ...rest]);
  if (!reading) throw new TypeError('a report without a problem comes from a reading');
  return encodedCohort(report, reading, images);
}
