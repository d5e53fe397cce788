import { CohortRefused } from './cohort-problem.js';
import { tableSource, type CohortSource } from './cohort-source.js';
import { cellText } from './csv-records.js';
import { findFiles } from './find-files.js';
import { dicomIdentifiers } from './images/dicom-file.js';
import { ImageRefused } from './images/image-refused.js';
import { NpzTable } from './images/npz-table.js';
import { wholeFile } from './images/source-file.js';
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

async function* rawIdentifiers({ source, patientId, baseDir = process.cwd() }: IdentifiedSource): AsyncGenerator<string> {
  const shape = { names: [], files: [], blankRows: 0 };
  const needed = { names: [], patientId };
  const files = await findFiles(source.path, baseDir);
  if (source.type === 'npz') {
    for await (const { rawId } of new NpzTable(source, { ...needed, image: undefined }, undefined).rows(files, shape)) yield rawId ?? '';
    return;
  }
  if (source.type === 'dicom' && source.patientFrom === 'dicom') {
    for (const file of files) yield await patientIdOf(file);
    return;
  }
  const csv = tableSource(source);
  const tables = source.type === 'csv' ? files : await findFiles(csv.path, baseDir);
  const survey = await surveySource(tables, csv, [], new Set([columnName(patientId)]));
  const [first, ...rest] = survey.problems;
  if (first) throw new CohortRefused([first, ...rest]);
  for await (const { rawId } of tableRows(survey.files, needed, shape)) yield rawId ?? '';
}

/** Empty for a file that says nobody's name: what is wrong with it is for the cohort's check to say. */
async function patientIdOf(file: string): Promise<string> {
  try {
    return dicomIdentifiers((await wholeFile(file, Date.now())).bytes).patientId;
  } catch (cause) {
    if (cause instanceof ImageRefused) return '';
    throw cause;
  }
}

/**
 * The identifiers in a cohort's table as its cells give them ({@link cellText}), row by row: also those of rows that a
 * study would leave out, and as often as they stand there. A row without one is passed over.
 * @throws CohortRefused DATA_UNREADABLE
 */
export async function* patientIdentifiers(source: IdentifiedSource): AsyncGenerator<string> {
  for await (const rawId of rawIdentifiers(source)) {
    const identifier = cellText(rawId);
    if (identifier !== '') yield identifier;
  }
}
