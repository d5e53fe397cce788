import { tableSource, type CsvSource } from './cohort-source.js';
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

/**
 * Finds the files of a source and makes ready to read its rows: a CSV file is surveyed, DICOM files are opened.
 * @param fresh - opens every image, whatever the cache knows
 * @throws CohortRefused
 */
export async function openTable(request: CohortRequest, columns: readonly StudyColumn[], fresh: boolean): Promise<CohortTable> {
  checkKinds(request);
  const { schema, source, patientId, cacheDir, onImage, baseDir = process.cwd(), now = Date.now } = request;
  const names = neededNames(schema);
  const files = await findFiles(source.path, baseDir);
  if (source.type === 'npz') {
    const table = new NpzTable(source, { names, patientId, image: imageInput(schema) }, onImage);
    return { survey: ARRAYS, rows: (shape) => table.rows(files, shape), images: table };
  }
  const csv = tableSource(source) ?? source;
  if (csv.type !== 'csv') throw new TypeError(`a source of type ${csv.type} has no table`);
  if (source.type === 'csv') {
    const survey = await surveyTable(files, csv, columns, [...names, ...(patientId === undefined ? [] : [patientId])]);
    return { survey, rows: (shape) => tableRows(survey.files, { names, patientId }, shape) };
  }
  const image = imageInput(schema);
  if (!image) throw new TypeError('a study on images names one');
  const survey = await surveyTable(await findFiles(csv.path, baseDir), csv, columns, [...names, source.key.column]);
  const cache = cacheDir === undefined ? undefined : ImageCache.of(cacheDir, JSON.stringify([baseDir, source.path]));
  const shelf = await DicomShelf.open({ files, input: image.input, key: source.key.is, cache, fresh, now });
  const wanted = {
    names,
    patientId,
    image: { name: image.name, missingCodes: columns.find(({ name }) => name === image.name)?.codes ?? [] },
  };
  return { survey, rows: (shape) => dicomRows(source, survey.files, shelf, wanted, shape, onImage), images: shelf };
}
