import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  checkCohort,
  CohortSource,
  loadCohort,
  renderReport,
  splitByPatient,
  type CohortReport,
  type CohortRequest,
} from '@consilium/cohort';
import { CohortSchema } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';

const CASES = join(dirname(fileURLToPath(import.meta.url)), '../cases');
const SPLIT_KEY = Buffer.alloc(32, 7);

const expected = <T>(name: string): T => JSON.parse(readFileSync(join(CASES, name, 'expected.json'), 'utf8')) as T;

/** A request as a site makes it: its source, the study's schema, the population's identifier. */
function request(path: string, source: object, schema: object, patientId = 'patient_id'): CohortRequest {
  return {
    source: CohortSource.parse({ type: 'csv', path: join(CASES, path), ...source }),
    schema: CohortSchema.parse({ name: 'case', split: { byPatient: { test: 0.25 } }, ...schema }),
    patientId,
    splitKey: SPLIT_KEY,
  };
}

const column = (report: CohortReport, name: string) => {
  const found = report.columns.find((each) => each.name === name);
  if (!found) throw new Error(`no column ${name}`);
  return found;
};

describe('ING-1: a spreadsheet export loads as it is', () => {
  const want = expected<{ rows: number; columns: string[]; mean: Record<string, number>; label_1: number }>('ing-1');
  const schema = {
    outcome: { column: 'label', positive: '= 1' },
    inputs: { age: { type: 'integer', range: [0, 120] }, größe_index: { range: [10, 60] }, leukocytes: { range: [0, 10_000] } },
  };
  const german = { separator: ';', decimal: ',', thousands: '.' };
  const files = [
    { file: 'utf8-bom.csv', encoding: 'utf-8' },
    { file: 'windows-1252.csv', encoding: 'windows-1252' },
    { file: 'utf16le-bom.csv', encoding: 'utf-16le' },
  ] as const;

  it.each(files)('$file gives the expected rows and means once it is declared', async ({ file, encoding }) => {
    const report = await checkCohort(request(`ing-1/${file}`, { ...german, encoding }, schema));
    expect(report.problems).toEqual([]);
    expect(report.rows).toBe(want.rows);
    expect(report.train.positive! + report.test.positive!).toBe(want.label_1);
    for (const [name, mean] of Object.entries(want.mean))
      expect(Math.abs((column(report, name).all.mean ?? NaN) - mean) / mean).toBeLessThan(1e-9);
  });

  it('all three have one and the same fingerprint', async () => {
    const reports = await Promise.all(
      files.map(({ file, encoding }) => checkCohort(request(`ing-1/${file}`, { ...german, encoding }, schema))),
    );
    expect(new Set(reports.map((report) => report.fingerprint)).size).toBe(1);
    expect(reports[0]?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(files)('$file without a declaration is refused with a proposal of names and types, not values', async ({ file, encoding }) => {
    const report = await checkCohort(request(`ing-1/${file}`, {}, schema));
    expect(report.accepted).toBe(false);
    expect(report.proposal).toMatchObject({ encoding, separator: ';', decimal: ',', thousands: '.' });
    expect(report.proposal?.columns.map(({ name }) => name)).toEqual(want.columns);
    expect(report.proposal?.columns.map(({ type }) => type)).toEqual(['text', 'integer', 'number', 'number', 'integer']);
    const asks = `${encoding === 'windows-1252' ? 'encoding: windows-1252, ' : ''}separator: ";", decimal: ",", thousands: "."`;
    expect(report.problems.map(({ fix }) => fix)).toEqual([expect.stringContaining(asks)]);
    expect(renderReport(report)).not.toMatch(/P0\d\d|23,50|1\.237/);
  });

  it.each([{}, { separator: ';' }, { separator: ';', encoding: 'utf-8' }])(
    'ambiguous.csv with %j is refused with the name of the column',
    async (source) => {
      const ambiguous = { outcome: { column: 'age', positive: '> 43' }, inputs: { size_index: { range: [0, 5_000] } } };
      await expect(loadCohort(request('ing-1/ambiguous.csv', source, ambiguous))).rejects.toMatchObject({
        code: 'COHORT_SCHEMA',
        message: expect.stringContaining('size_index'),
        fix: expect.stringContaining('decimal'),
      });
    },
  );

  it('ambiguous.csv is read one way once its number format is declared', async () => {
    const ambiguous = { outcome: { column: 'age', positive: '> 43' }, inputs: { size_index: { range: [0, 5_000] } } };
    const report = await checkCohort(request('ing-1/ambiguous.csv', { separator: ';', decimal: '.', thousands: ',' }, ambiguous));
    expect(report.problems).toEqual([]);
    expect(column(report, 'size_index').all.mean).toBeCloseTo((3 * 1234 + 3 * 1.234) / 6, 9);
  });
});

describe('ING-2: missing-value codes are declared and never enter a sum', () => {
  const want = expected<{
    declared_missing: Record<string, Record<string, string[]>>;
    chol: Record<string, { missing: number; present: number; mean: number }>;
    age_d: { missing: number; present: number; mean: number };
  }>('ing-2');
  const schema = {
    outcome: { column: 'label', positive: '= 1', levels: ['0', '1'] },
    inputs: {
      age: { range: [18, 110], impute: 'center', center: 60, scale: 10 },
      chol: { range: [50, 700], impute: 'center', center: 240, scale: 50, missingFlag: true },
    },
  };
  const sites = ['a', 'b', 'c', 'd'];
  const check = (site: string, source: object) => checkCohort(request(`ing-2/site-${site}.csv`, source, schema));

  it.each(sites)('site %s: counts and means come from the present values once its codes are declared', async (site) => {
    const report = await check(site, { missingCodes: want.declared_missing[site] });
    expect(report.problems).toEqual([]);
    const { missing, present, missingShare, mean, imputed } = column(report, 'chol').all;
    const chol = want.chol[site];
    expect({ missing, present }).toEqual({ missing: chol?.missing, present: chol?.present });
    expect(missingShare).toBeCloseTo((chol?.missing ?? NaN) / 12, 12);
    expect(mean).toBeCloseTo(chol?.mean ?? NaN, 6);
    expect(imputed).toBe(missing);
  });

  it('site d: age too', async () => {
    const { missing, present, mean } = column(await check('d', { missingCodes: want.declared_missing['d'] }), 'age').all;
    expect({ missing, present }).toEqual({ missing: want.age_d.missing, present: want.age_d.present });
    expect(mean).toBeCloseTo(want.age_d.mean, 6);
  });

  it('the codes of study and site are united', async () => {
    const study = { ...schema, inputs: { ...schema.inputs, chol: { ...schema.inputs.chol, missingCodes: ['NA'] } } };
    const report = await checkCohort(request('ing-2/site-d.csv', { missingCodes: { age: [999] } }, study));
    expect(report.problems).toEqual([]);
    expect(column(report, 'chol').all.byCode).toEqual([
      { code: 'NA', count: 2 },
      { code: '', count: 1 },
    ]);
  });

  it.each([
    ['a', [{ column: 'chol', code: 'COHORT_RANGE', count: 3, rows: [4, 8, 12] }]],
    ['b', [{ column: 'chol', code: 'COHORT_SCHEMA', count: 4, rows: [3, 6, 9, 12] }]],
    ['c', [{ column: 'chol', code: 'COHORT_RANGE', count: 6, rows: [2, 4, 6, 8, 10, 12] }]],
    [
      'd',
      [
        { column: 'age', code: 'COHORT_RANGE', count: 1, rows: [5] },
        { column: 'chol', code: 'COHORT_SCHEMA', count: 2, rows: [6, 12] },
      ],
    ],
  ])('site %s: without them the check refuses, naming column, count and rows', async (site, problems) => {
    const report = await check(site, {});
    expect(report.problems).toEqual(problems.map((problem) => expect.objectContaining(problem)));
    for (const { fix } of report.problems) expect(fix).toContain('missingCodes');
  });
});

describe('ING-3: one column, one type, at every site', () => {
  const want = expected<{ a: { accepted: number }; b: { accepted: number; visits_missing: number }; c: { rejected_rows: number } }>(
    'ing-3',
  );
  const schema = (aliases = {}) => ({
    outcome: { column: 'ward', positive: '= 1', levels: Object.keys(aliases).length > 0 ? [1, 2, 3, '01', '02', '03'] : [1, 2, 3] },
    inputs: {
      visits: { type: 'integer', range: [0, 100], impute: 0, missingFlag: true },
      ward: { levels: [1, 2, 3], aliases },
    },
  });
  const check = (site: string, aliases?: object) => checkCohort(request(`ing-3/site-${site}.csv`, {}, schema(aliases)));

  it('whole numbers, whole numbers with a fraction of 0, and gaps are all "integer, may be missing"', async () => {
    const [a, b] = await Promise.all([check('a'), check('b')]);
    expect([a.problems, b.problems]).toEqual([[], []]);
    expect([a.rows, b.rows]).toEqual([want.a.accepted, want.b.accepted]);
    expect(column(b, 'visits').all.missing).toBe(want.b.visits_missing);
    expect(b.columnsHash).toBe(a.columnsHash);
  });

  it('2.5 visits are exactly one invalid value, in row 3', async () => {
    const report = await check('c', { '01': '1', '02': '2', '03': '3' });
    expect(report.problems).toEqual([
      expect.objectContaining({ code: 'COHORT_SCHEMA', column: 'visits', expected: 'integer', count: want.c.rejected_rows, rows: [3] }),
    ]);
  });

  it('01 is not 1 unless an alias says so', async () => {
    const report = await check('c');
    expect(report.problems).toContainEqual(expect.objectContaining({ code: 'COHORT_RANGE', column: 'ward', count: 8 }));
  });

  it('identifiers keep their zeros where they are compared and counted', async () => {
    expect((await check('a')).patients).toBe(8);
    const ids = ['00001', '1', '01', '00001'];
    const parts = Array.from({ length: 50 }, (_, seed) => splitByPatient(ids, Buffer.alloc(16, seed + 1), 0.5));
    expect(parts.every(([first, , , again]) => first === again)).toBe(true);
    expect(parts.some(([zeros, one]) => zeros !== one)).toBe(true);
  });
});

describe('ING-4: category lists and column order come from the study', () => {
  const want = expected<{ encoded_columns_everywhere: string[]; c: { cp_outside_list: number } }>('ing-4');
  const schema = (more: object = {}, sex: object = {}) => ({
    outcome: { column: 'label', positive: '= 1' },
    inputs: { cp: { levels: [1, 2, 3, 4] }, sex: { levels: ['F', 'M'], ...sex } },
    ...more,
  });
  const aliases = { aliases: { female: 'F', male: 'M' } };

  it.each(['a', 'b'])('site %s has the four encoded columns in the declared order', async (site) => {
    const cohort = await loadCohort(request(`ing-4/site-${site}.csv`, {}, schema()));
    expect(cohort.columns).toEqual(want.encoded_columns_everywhere);
    expect(cohort.train.y.length + cohort.test.y.length).toBe(12);
  });

  it('a level that does not occur at a site is a column of zeros there', async () => {
    const { columns, train, test } = await loadCohort(request('ing-4/site-b.csv', {}, schema()));
    const sum = (name: string) =>
      [...train.x, ...test.x].filter((_, index) => columns[index % columns.length] === name).reduce((total, value) => total + value, 0);
    expect(sum('cp=3')).toBe(0);
    expect(sum('cp=2')).toBe(6);
  });

  it('site c is refused with counts per column', async () => {
    const report = await checkCohort(request('ing-4/site-c.csv', {}, schema()));
    expect(report.problems.map(({ code, column: name, count }) => ({ code, name, count }))).toEqual([
      { code: 'COHORT_RANGE', name: 'cp', count: want.c.cp_outside_list },
      { code: 'COHORT_RANGE', name: 'sex', count: 12 },
    ]);
  });

  it('site c yields the same four columns with the aliases declared and the rows of cp 5 left out by rule', async () => {
    const ruled = request('ing-4/site-c.csv', {}, schema({ exclude: [{ column: 'cp', equals: [5] }] }, aliases));
    const report = await checkCohort(ruled);
    expect(report.problems).toEqual([]);
    expect(report.excluded.byRule).toEqual([{ column: 'cp', count: want.c.cp_outside_list }]);
    expect(report.train.rows + report.test.rows).toBe(8);
    expect((await loadCohort(ruled)).columns).toEqual(want.encoded_columns_everywhere);
    expect(report.columnsHash).toBe((await checkCohort(request('ing-4/site-a.csv', {}, schema()))).columnsHash);
  });

  it('another order of the encoded columns has another hash', async () => {
    const path = 'ing-4/site-a.csv';
    const [usual, other] = await Promise.all([
      checkCohort(request(path, {}, schema())),
      checkCohort(request(path, {}, schema({ inputOrder: ['sex', 'cp'] }))),
    ]);
    expect(other.columnsHash).not.toBe(usual.columnsHash);
  });
});

describe('ING-5: patients, not rows', () => {
  const want = expected<{ records: number; patients_if_ids_are_trimmed: number }>('ing-5');
  const schema = { outcome: { column: 'label', positive: '= 1' }, inputs: { sbp: { range: [60, 260], center: 120, scale: 20 } } };
  const records = request('ing-5/records.csv', {}, schema);

  it('counts 10 records of 6 patients, and reports the trimmed identifier', async () => {
    const report = await checkCohort(records);
    expect(report.problems).toEqual([]);
    expect([report.rows, report.patients]).toEqual([want.records, want.patients_if_ids_are_trimmed]);
    expect(report.trimmedIds).toEqual({ count: 1, rows: [2] });
  });

  it('reports the two records that differ only in sbp, and drops neither', async () => {
    const report = await checkCohort(records);
    expect(report.repeats).toEqual({
      exact: { count: 0, rows: [] },
      butOneColumn: { count: 1, rows: [{ rows: [4, 5], column: 'sbp' }] },
    });
    expect(report.train.rows + report.test.rows).toBe(want.records);
  });

  it('over 50 split keys no patient is in two parts', async () => {
    let tested = 0;
    for (let seed = 1; seed <= 50; seed += 1) {
      const { train, test } = await loadCohort({ ...records, splitKey: Buffer.alloc(32, seed) });
      expect(train.patientCount + test.patientCount).toBe(want.patients_if_ids_are_trimmed);
      expect(train.y.length + test.y.length).toBe(want.records);
      if (test.patientCount > 0) tested += 1;
    }
    expect(tested).toBeGreaterThan(25);
  });
});
