import { ConsiliumError } from '@consilium/protocol';
import { ATTRIBUTES, csvText, type Hospital } from './heart-columns.js';
import { splitOf, type HospitalRecord } from './heart-record.js';

const NUMBER = /^-?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})$/;

/**
 * Turns a `processed.*.data` file of the UCI archive into the demo's CSV: the same rows in the same order, one way to
 * write a number (the archive has `63.0`, `63` and `.7`), empty for missing (`?`, and -9 as heart-disease.names says).
 *
 * @throws ConsiliumError DATA_NOT_AS_RECORDED when the text is no such file
 */
export function uciToCsv(text: string, hospital: Hospital, record: HospitalRecord): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length !== record.rows) throw notAsRecorded(hospital, `it has ${lines.length} rows instead of ${record.rows}`);
  const rows = lines.map((line, index) => {
    const fields = line.split(',').map((field) => plainNumber(field.trim()));
    if (fields.length !== ATTRIBUTES.length || !fields.every((field) => field !== undefined)) {
      throw notAsRecorded(hospital, `row ${index + 1} is not ${ATTRIBUTES.length} numbers`);
    }
    return { fields, split: splitOf(record, index + 1) };
  });
  return csvText(rows);
}

function plainNumber(field: string): string | undefined {
  if (field === '?') return '';
  if (!NUMBER.test(field)) return undefined;
  const value = Number(field);
  return value === -9 ? '' : String(value);
}

/** The archive answered, and its content is not what this project was measured on. */
export function notAsRecorded(hospital: Hospital, how: string): ConsiliumError {
  return new ConsiliumError({
    code: 'DATA_NOT_AS_RECORDED',
    errorClass: 'verification',
    message: `The archive's file of ${hospital} is not the one this project knows: ${how}.`,
    fix: 'Get the four files from a source you trust and name their folder with --data DIR.',
  });
}
