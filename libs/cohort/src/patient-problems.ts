import { counted, type CohortProblem } from './cohort-problem.js';
import type { RowCount } from './cohort-report.js';
import type { PatientRegister } from './patient-register.js';
import { rowList } from './table-rows.js';

/**
 * What refuses a cohort for its patients: rows that are nobody's, a patient in two parts, too few of them.
 * @param rules - `splitColumn` where a column makes the split; `noId`: rows in the split without an identifier;
 * `least`: fewest patients in train and test together
 */
export function patientProblems(
  patients: PatientRegister,
  rules: { readonly splitColumn: string | undefined; readonly noId: RowCount; readonly least: number },
): readonly CohortProblem[] {
  const both = patients.inBothParts;
  const { noId, splitColumn, least } = rules;
  const found: CohortProblem[] = [];
  if (noId.count > 0)
    found.push({
      code: 'DATA_UNREADABLE',
      ...noId,
      sentence: `${counted(noId.count, 'row')} in the split ${noId.count === 1 ? 'has' : 'have'} no patient identifier (${rowList(noId.rows, noId.count)}).`,
      fix: "Complete the population's patientId column.",
    });
  if (both > 0 && splitColumn !== undefined)
    found.push({
      code: 'COHORT_SCHEMA',
      column: splitColumn,
      expected: 'by-patient',
      count: both,
      sentence: `${counted(both, 'patient')} ${both === 1 ? 'has' : 'have'} records both in train and in test.`,
      fix: 'Put all records of a patient into one part, or split by patient in the study (split: { byPatient: { test: 0.25 } }).',
    });
  if (found.length === 0 && patients.used < least)
    found.push({
      code: 'COHORT_TOO_SMALL',
      sentence: `${counted(patients.used, 'patient')} of the cohort can take part; the site asks for at least ${least}.`,
      fix: 'Check the split and what was left out, or lower policy.minPatients in site.yaml.',
    });
  return found;
}
