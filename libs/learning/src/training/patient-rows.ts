import type { Rows } from '@consilium/cohort';

/** Which rows each patient has, so that a step can take patients and not rows. */
export class PatientRows {
  readonly #starts: Uint32Array;
  readonly #rows: Uint32Array;

  /** @param rows - a part of a cohort; a patient's rows may stand anywhere in it */
  constructor({ patients, patientCount }: Pick<Rows, 'patients' | 'patientCount'>) {
    this.#starts = new Uint32Array(patientCount + 1);
    for (const patient of patients) this.#starts[patient + 1] = (this.#starts[patient + 1] ?? 0) + 1;
    for (let patient = 0; patient < patientCount; patient += 1)
      this.#starts[patient + 1] = (this.#starts[patient + 1] ?? 0) + (this.#starts[patient] ?? 0);
    const next = this.#starts.slice();
    this.#rows = new Uint32Array(patients.length);
    for (const [row, patient] of patients.entries()) {
      const place = next[patient] ?? 0;
      this.#rows[place] = row;
      next[patient] = place + 1;
    }
  }

  /** @returns row numbers, ascending; a view */
  of(patient: number): Uint32Array {
    return this.#rows.subarray(this.#starts[patient], this.#starts[patient + 1]);
  }

  /** The rows of several patients one after the other, and how many each has; patients without rows are left out. */
  ofAll(patients: Uint32Array): { readonly records: Uint32Array; readonly counts: Uint32Array } {
    const counts = patients.map((patient) => (this.#starts[patient + 1] ?? 0) - (this.#starts[patient] ?? 0));
    const records = new Uint32Array(counts.reduce((sum, count) => sum + count, 0));
    let at = 0;
    for (const [index, patient] of patients.entries()) {
      const start = this.#starts[patient] ?? 0;
      const count = counts[index] ?? 0;
      for (let place = 0; place < count; place += 1, at += 1) records[at] = this.#rows[start + place] ?? 0;
    }
    return { records, counts: counts.filter((count) => count > 0) };
  }
}
