import type { Rows } from '@consilium/cohort';
import { SCORE_TABLE, scoreCell } from '@consilium/protocol';
import { PatientRows } from '../training/patient-rows.js';
import { predict, type Prediction } from './predict.js';

/**
 * Each patient in one cell of the table of scores: the mean probability over the patient's records, and the outcome of
 * most of them (positive where they are even). One patient who comes or goes moves one cell by 1.
 * @returns as many counts as {@link SCORE_TABLE} has names
 */
export async function scoreCounts(input: Omit<Prediction, 'rows'> & { readonly rows: Rows }): Promise<Float64Array> {
  const { rows } = input;
  const probabilities = await predict(input);
  const records = new PatientRows(rows);
  const counts = new Float64Array(SCORE_TABLE.length);
  for (let patient = 0; patient < rows.patientCount; patient += 1) {
    const own = records.of(patient);
    let probability = 0;
    let positives = 0;
    for (const row of own) {
      probability += probabilities[row] ?? 0;
      positives += rows.y[row] ?? 0;
    }
    // A model that is not finite says nothing of anybody: the middle, so that taking part depends on no patient.
    const mean = probability / own.length;
    const cell = scoreCell(2 * positives >= own.length, Number.isFinite(mean) ? mean : 0.5);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return counts;
}
