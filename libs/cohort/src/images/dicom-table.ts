import type { Reading } from '../cell-reader.js';
import type { DicomSource } from '../cohort-source.js';
import type { CsvFile } from '../csv-records.js';
import { tableRows, type Needed, type TableRow, type TableShape } from '../table-rows.js';
import type { DicomShelf, ShelvedImage } from './dicom-shelf.js';
import { IMAGE_REASONS } from './image-refused.js';
import type { ImageFinding } from './image-shelf.js';

interface Wanted extends Needed {
  /** The study's image among `names`. */
  readonly image: { readonly name: string; readonly missingCodes: readonly string[] };
}

const reading = ({ reason, digest, number, inverted }: ShelvedImage): Reading =>
  digest === undefined ? { kind: 'unusable', reason: reason ?? 'damaged' } : { kind: 'image', image: number, digest, inverted };

/**
 * The rows of the table that describes DICOM files, each with its image; under a patient's identifier, one row for each of
 * the patient's images.
 * @throws CohortRefused as {@link tableRows}
 */
export async function* dicomRows(
  source: DicomSource,
  labels: readonly CsvFile[],
  shelf: DicomShelf,
  wanted: Wanted,
  shape: TableShape,
  report: ((finding: ImageFinding) => void) | undefined,
): AsyncGenerator<TableRow> {
  const fromFiles = source.patientFrom === 'dicom';
  const at = wanted.names.indexOf(wanted.image.name);
  const names = wanted.names.map((name, index) => (index === at ? source.key.column : name));
  const codes = new Set(wanted.image.missingCodes);
  for await (const row of tableRows(labels, { names, patientId: fromFiles ? undefined : wanted.patientId }, shape)) {
    const text = row.needed[at] ?? '';
    const withId = (image: ShelvedImage | undefined) =>
      fromFiles && wanted.patientId !== undefined ? { ...row, rawId: image?.patientId ?? '' } : row;
    if (text === '' || codes.has(text)) {
      yield { ...withId(undefined), image: { kind: 'missing', code: text } };
      continue;
    }
    const found = shelf.find(text);
    const [only] = found;
    const ambiguous = source.key.is !== 'patient-id' && found.length > 1;
    if (!only || ambiguous) {
      const reason = only ? 'ambiguous' : 'absent';
      report?.({ name: text, reason, detail: IMAGE_REASONS[reason] });
      yield { ...withId(only), image: { kind: 'unusable', reason } };
      continue;
    }
    for (const image of found) yield { ...withId(image), image: reading(image) };
  }
  for (const finding of shelf.findings()) report?.(finding);
}
