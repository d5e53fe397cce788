import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CohortSchema, parseYaml } from '@consilium/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { checkCohort, CohortSource, loadCohort, renderReport } from './index.js';

const study = (chol: string) =>
  parseYaml(
    `
name: heart
outcome: { column: num, positive: "> 0" }
inputs:
  age:      { range: [18, 100], center: 54, scale: 9 }
  sex:      { levels: [0, 1] }
  cp:       { levels: [1, 2, 3, 4] }
  trestbps: { range: [60, 260], missingCodes: [0], impute: center, center: 130, scale: 18 }
  chol:     { range: [80, 650], ${chol} impute: center, center: 245, scale: 55, missingFlag: true }
  thalach:  { range: [50, 220], center: 140, scale: 25 }
  exang:    { levels: [0, 1] }
  oldpeak:  { range: [-3, 7], center: 0.9, scale: 1.1 }
split: { column: split, train: train, test: test }
`,
    CohortSchema,
    'study',
  );
const DECLARED = study('missingCodes: [0],');
const UNDECLARED = study('');

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const data = [process.env['CONSILIUM_DATA'], join(root, '../shared/data')]
  .map((folder) => folder && join(folder, 'heart-disease'))
  .find((folder) => folder && existsSync(join(folder, 'switzerland.csv')));

const folder = mkdtempSync(join(tmpdir(), 'heart-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Like the Swiss file: cholesterol is 0 in every row, most rows are outside the split and have gaps. */
const synthetic = join(folder, 'like-switzerland.csv');
writeFileSync(
  synthetic,
  [
    'age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num,split',
    ...Array.from({ length: 20 }, (_, n) => `${40 + n},${n % 2},${(n % 4) + 1},130,0,,0,${n % 5 ? 120 : ''},0,1.5,1,,,${n % 5},`),
    ...Array.from({ length: 9 }, (_, n) => `${50 + n},1,4,${n === 4 ? 0 : 140},0,0,0,110,1,0.${n},2,,3,1,${n % 3 ? 'train' : 'test'}`),
    '',
  ].join('\n'),
);

const check = (path: string, schema = DECLARED) => checkCohort({ source: CohortSource.parse({ type: 'csv', path }), schema });
const chol = async (path: string) => (await check(path)).columns.find(({ name }) => name === 'chol');

describe.each([
  { which: 'a synthetic hospital like it', path: synthetic, all: 29, used: 9, first: 21 },
  ...(data ? [{ which: 'the Swiss hospital', path: join(data, 'switzerland.csv'), all: 123, used: 46, first: 6 }] : []),
])('cholesterol that was never measured, at $which', ({ path, all, used, first }) => {
  it('is reported as missing in every row, of the file and of the split', async () => {
    const column = await chol(path);
    expect([column?.all.missing, column?.all.rows]).toEqual([all, all]);
    expect([column?.inSplit.missing, column?.inSplit.rows, column?.inSplit.imputed]).toEqual([used, used, used]);
    expect(column?.all).toMatchObject({ present: 0, missingShare: 1, byCode: [{ code: '0', count: all }] });
    const report = await check(path);
    expect(report.problems).toEqual([]);
    expect(renderReport(report)).toContain(`chol is missing in every row: ${used} of ${used} in the split, ${all} of ${all} in all.`);
  });

  it('refuses without its code, with the count, the rows and the way out', async () => {
    const report = await check(path, UNDECLARED);
    expect(report.problems).toEqual([
      expect.objectContaining({
        code: 'COHORT_RANGE',
        column: 'chol',
        count: used,
        sentence: expect.stringContaining(`${used} of ${used} rows in the split lie outside the range 80 to 650`),
        fix: expect.stringContaining('missingCodes: { chol: [CODE] }'),
      }),
    ]);
    expect(report.problems[0]?.rows?.[0]).toBe(first);
  });

  it('enters as the constant and a flag', async () => {
    const { columns, train, test } = await loadCohort({ source: CohortSource.parse({ type: 'csv', path }), schema: DECLARED });
    const values = (name: string) => [...train.x, ...test.x].filter((_, index) => columns[index % columns.length] === name);
    expect(new Set(values('chol'))).toEqual(new Set([0]));
    expect(values('chol:missing')).toEqual(Array(used).fill(1));
  });
});

describe.skipIf(!data)('the four hospitals (data from CONSILIUM_DATA or ../shared/data; skipped where neither is there)', () => {
  it.each([
    { site: 'cleveland', train: 199, test: 104, chol: 0, trestbps: 0 },
    { site: 'hungarian', train: 172, test: 89, chol: 0, trestbps: 0 },
    { site: 'switzerland', train: 30, test: 16, chol: 46, trestbps: 0 },
    { site: 'va', train: 85, test: 45, chol: 33, trestbps: 1 },
  ])('$site has the rows of the benchmark and the gaps that are known', async ({ site, train, test, ...gaps }) => {
    const report = await check(join(data ?? '', `${site}.csv`));
    expect(report.problems).toEqual([]);
    expect([report.train.rows, report.test.rows]).toEqual([train, test]);
    for (const { name, inSplit } of report.columns)
      expect([name, inSplit.missing]).toEqual([name, (gaps as Record<string, number>)[name] ?? 0]);
  });
});
