import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CohortSchema } from '@consilium/protocol';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { checkCohort, CohortSource, loadCohort, type CohortRequest } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'objections-'));
afterAll(() => rmSync(folder, { recursive: true }));

const schema = CohortSchema.parse({
  name: 'heart',
  outcome: { column: 'num', positive: '> 0', range: [0, 4] },
  inputs: { age: { range: [18, 100], center: 50, scale: 10 } },
  split: { column: 'split', train: 'train', test: 'test' },
});
const requestOf = (rows: readonly string[], more: Partial<CohortRequest> = {}): CohortRequest => {
  const path = join(folder, 'table.csv');
  writeFileSync(path, ['pid,age,num,split', ...rows, ''].join('\n'));
  return { source: CohortSource.parse({ type: 'csv', path }), schema, patientId: 'pid', ...more };
};
const PEOPLE = Array.from({ length: 12 }, (_, n) => `p${n}`);
const rowsOf = (people: readonly string[]) =>
  people.flatMap((id) => {
    const n = Number(id.slice(1));
    const record = `${id},${30 + n},${n % 2},${n % 3 === 0 ? 'test' : 'train'}`;
    return n % 4 === 0 ? [record, `${id},${31 + n},${n % 2},${n % 3 === 0 ? 'test' : 'train'}`] : [record];
  });

describe('patients who object', () => {
  it('are as if they had never been in the table, but for the fingerprint, which is that of the source', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(PEOPLE, { maxLength: 10 }), async (objecting) => {
        const whole = await loadCohort(requestOf(rowsOf(PEOPLE)));
        const without = await loadCohort(requestOf(rowsOf(PEOPLE), { objects: (id) => objecting.includes(id) }));
        const never = await loadCohort(requestOf(rowsOf(PEOPLE.filter((id) => !objecting.includes(id)))));
        expect({ ...without, fingerprint: '' }).toEqual({ ...never, fingerprint: '' });
        expect(without.fingerprint).toBe(whole.fingerprint);
      }),
      { numRuns: 25 },
    );
  });

  it('count in no figure of the check, and not towards the fewest patients', async () => {
    const objects = (id: string) => id === 'p1' || id === 'p2';
    const report = await checkCohort(requestOf(rowsOf(PEOPLE), { objects, minPatients: 11 }));
    expect(report.patients).toBe(10);
    expect(report.train.patients + report.test.patients).toBe(10);
    expect(report.problems.map(({ code }) => code)).toEqual(['COHORT_TOO_SMALL']);
  });

  it('do not hold the others up by what stands in their rows', async () => {
    const rows = [...rowsOf(PEOPLE), 'p99,999,7,train'];
    expect((await checkCohort(requestOf(rows))).accepted).toBe(false);
    expect((await checkCohort(requestOf(rows, { objects: (id) => id === 'p99' }))).accepted).toBe(true);
  });
});
