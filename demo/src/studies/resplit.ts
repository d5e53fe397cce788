import { createHash } from 'node:crypto';

/** Deals a patient into a part; the same patient always into the same. */
export type Resplit = (site: string, patient: string) => 'train' | 'test';

/**
 * Another split of the same patients: by hash of site, patient and number, about `testShare` of them for testing.
 * @param number - 1, 2, …
 */
export function resplit(number: number, testShare: number): Resplit {
  return (site, patient) => {
    const word = createHash('sha256').update(`consilium/v1/resplit/${number}\n${site}\n${patient}`).digest().readUInt32BE(0);
    return word / 2 ** 32 < testShare ? 'test' : 'train';
  };
}
