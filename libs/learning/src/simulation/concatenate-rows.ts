import type { Rows } from '@consilium/cohort';

/** Several sites' rows as if they were one site's: for simulations on data that may be pooled. */
export function concatenateRows(sites: readonly Rows[]): Rows {
  const length = sites.reduce((sum, rows) => sum + rows.y.length, 0);
  const x = new Float32Array(sites.reduce((sum, rows) => sum + rows.x.length, 0));
  const y = new Float32Array(length);
  const patients = new Int32Array(length);
  let patientCount = 0;
  let row = 0;
  let cell = 0;
  for (const site of sites) {
    x.set(site.x, cell);
    y.set(site.y, row);
    for (const [index, patient] of site.patients.entries()) patients[row + index] = patientCount + patient;
    patientCount += site.patientCount;
    row += site.y.length;
    cell += site.x.length;
  }
  return { x, y, patients, patientCount };
}
