import { tableSource, type CsvSource, type DicomSource } from './cohort-source.js';
import type { CohortRequest } from './cohort-request.js';
import { refuse } from './cohort-problem.js';
import { findFiles } from './find-files.js';
import { DicomShelf } from './images/dicom-shelf.js';
import { dicomRows } from './images/dicom-table.js';
import { ImageCache } from './images/image-cache.js';
import type { ImageShelf } from './images/image-shelf.js';
import { NpzTable } from './images/npz-table.js';
import { PLAIN_NUMBERS } from './number-format.js';
import { surveySource, type SourceSurvey } from './source-survey.js';
import { columnName, imageInput, neededNames, type StudyColumn } from './study-columns.js';
import { tableRows, type TableRow, type TableShape } from './table-rows.js';

/** A source as rows, whatever its files are. */
export interface CohortTable {
  readonly survey: SourceSurvey;
  readonly rows: (shape: TableShape) => AsyncGenerator<TableRow>;
  /** Where the rows' images lie; a table without images has none. */
  readonly images?: ImageShelf;
}

const ARRAYS: SourceSurvey = { files: [], numbers: PLAIN_NUMBERS, problems: [], unsettled: new Set() };

/** @throws CohortRefused COHORT_SCHEMA where the study wants an image and the source has none, or the other way round */
function checkKinds({ schema, source }: CohortRequest): void {
  const image = imageInput(schema);
  if (image && source.type === 'csv')
    throw refuse({
      code: 'COHORT_SCHEMA',
      column: image.name,
      expected: 'image',
      sentence: `Column ${image.name} is an image, and the source of this cohort is a table.`,
      fix: 'Declare source: { type: dicom, … } or { type: npz, … } in site.yaml.',
    });
  if (!image && source.type === 'dicom')
    throw refuse({
      code: 'DATA_UNREADABLE',
      sentence: 'The source of this cohort is a set of images, and the study asks for none.',
      fix: 'Offer the table alone as a cohort of its own (source: { type: csv, … }), or ask for another study.',
    });
}

function surveyTable(
  files: readonly string[],
  source: CsvSource,
  columns: readonly StudyColumn[],
  names: readonly string[],
): Promise<SourceSurvey> {
  return surveySource(files, source, columns, new Set(names.map(columnName)));
}

async function dicomTable(
  request: CohortRequest,
  source: DicomSource,
  columns: readonly StudyColumn[],
  fresh: boolean,
): Promise<CohortTable> {
  const { schema, patientId, cacheDir, onImage, baseDir = process.cwd(), now = Date.now } = request;
  const image = imageInput(schema);
  if (!image) throw new TypeError('a study on images names one');
  const names = neededNames(schema);
  const labels = tableSource(source);
  const survey = await surveyTable(await findFiles(labels.path, baseDir), labels, columns, [...names, source.key.column]);
  const files = await findFiles(source.path, baseDir);
  const cache = cacheDir === undefined ? undefined : ImageCache.of(cacheDir, JSON.stringify([baseDir, source.path]));
  const shelf = await DicomShelf.open({ files, input: image.input, key: source.key.is, cache, fresh, now });
  const missingCodes = columns.find(({ name }) => name === image.name)?.codes ?? [];
  const wanted = { names, patientId, image: { name: image.name, missingCodes } };
  return { survey, rows: (shape) => dicomRows(source, survey.files, shelf, wanted, shape, onImage), images: shelf };
}

/**
 * Finds the files of a source and makes ready to read its rows: a CSV file is surveyed, DICOM files are opened.
 * @param fresh - opens every image, whatever the cache knows
 * @throws CohortRefused
 */
export async function openTable(request: CohortRequest, columns: readonly StudyColumn[], fresh: boolean): Promise<CohortTable> {
  checkKinds(request);
  const { schema, source, patientId, onImage, baseDir = process.cwd() } = request;
  const names = neededNames(schema);
  if (source.type === 'dicom') return dicomTable(request, source, columns, fresh);
  const files = await findFiles(source.path, baseDir);
  if (source.type === 'npz') {
    const table = new NpzTable(source, { names, patientId, image: imageInput(schema) }, onImage);
    return { survey: ARRAYS, rows: (shape) => table.rows(files, shape), images: table };
  }
  const survey = await surveyTable(files, source, columns, [...names, ...(patientId === undefined ? [] : [patientId])]);
  return { survey, rows: (shape) => tableRows(survey.files, { names, patientId }, shape) };
}
