import { createHmac } from 'node:crypto';

export type Part = 'train' | 'test';

const CONTEXT = 'consilium/v1/split\n';

/**
 * Splits by patient, for ever: the part follows from the identifier and the key alone (PROTOCOL.md section 6: a keyed
 * hash of the identifier, never stratified on labels), so a patient's further records, or patients who come or go,
 * move nobody. HMAC-SHA256, its first 48 bits as a fraction below `testShare`.
 * @param patientIds - identifiers, one a row, trimmed; equal texts are one patient
 * @param key - secret of the population at this site, at least 16 bytes; without it the parts cannot be guessed
 * @param testShare - expected share of patients in the test part, above 0 and below 1
 * @returns the part of each row
 * @throws RangeError for a short key or a share outside (0, 1)
 */
export function splitByPatient(patientIds: readonly string[], key: Uint8Array, testShare: number): readonly Part[] {
  const partOf = patientSplit(key, testShare);
  return patientIds.map(partOf);
}

/** The same, one identifier at a time. */
export function patientSplit(key: Uint8Array, testShare: number): (patientId: string) => Part {
  if (key.length < 16) throw new RangeError('the split key has at least 16 bytes');
  if (!(testShare > 0 && testShare < 1)) throw new RangeError('the test share lies between 0 and 1');
  const below = Math.round(testShare * 2 ** 48);
  return (patientId) =>
    createHmac('sha256', key)
      .update(CONTEXT + patientId)
      .digest()
      .readUIntBE(0, 6) < below
      ? 'test'
      : 'train';
}
