import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CohortSchema } from '@consilium/protocol';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { checkCohort, CohortRefused, CohortSource, loadCohort, renderReport, type CohortRequest } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'cohort-'));
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;
/** Writes a table and gives its path. */
function file(content: string | Uint8Array, name = `table-${(written += 1)}.csv`): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const SCHEMA = {
  name: 'heart',
  outcome: { column: 'num', positive: '> 0', range: [0, 4] },
  inputs: {
    age: { type: 'integer', range: [18, 100], center: 50, scale: 10 },
    sex: { levels: ['F', 'M'] },
    chol: { range: [80, 650], missingCodes: [0], impute: 'center', center: 245, scale: 55, missingFlag: true },
  },
  split: { column: 'split', train: 'train', test: 'test' },
};
const HEADER = 'pid,age,sex,chol,num,split';

const schemaOf = (more: object = {}) => CohortSchema.parse({ ...SCHEMA, ...more });
const request = (path: string | string[], more: Partial<CohortRequest> = {}, source: object = {}): CohortRequest => ({
  source: CohortSource.parse({ type: 'csv', path, ...source }),
  schema: schemaOf(),
  patientId: 'pid',
  ...more,
});
const table = (...rows: readonly string[]) => file([HEADER, ...rows, ''].join('\n'));
const GOOD = ['p1,60,M,245,0,train', 'p2,40,F,0,1,train', 'p3,50,M,300,2,test'];

const refusal = async (made: CohortRequest): Promise<CohortRefused> => {
  const outcome = await loadCohort(made).catch((error: unknown) => error);
  if (outcome instanceof CohortRefused) return outcome;
  throw new Error('not refused', { cause: outcome });
};

describe('loading a cohort', () => {
  it('encodes inputs with the constants of the study, a level but the first, and the missing flag', async () => {
    const { columns, train, test } = await loadCohort(request(table(...GOOD)));
    expect(columns).toEqual(['age', 'sex=M', 'chol', 'chol:missing']);
    expect(test).toEqual({ x: Float32Array.of(0, 1, 1, 0), y: Float32Array.of(1), patients: Int32Array.of(0), patientCount: 1 });
    const rows = [0, 1].map((row) => [...train.x.subarray(row * 4, row * 4 + 4), train.y[row]]);
    expect(rows).toEqual(
      expect.arrayContaining([
        [1, 1, 0, 0, 0],
        [-1, 0, 0, 1, 1],
      ]),
    );
  });

  it('gives the same bytes and fingerprint whatever the order of rows, columns and files', async () => {
    const rows = Array.from({ length: 12 }, (_, n) => [
      `p${n >> 1}`,
      `${20 + n}`,
      n % 3 ? 'M' : 'F',
      `${n % 4 ? 200 + n : 0}`,
      `${n % 5}`,
      n % 4 < 2 ? 'train' : 'test',
    ]);
    const write = (order: readonly number[], turned: readonly string[][]) =>
      file(
        [order.map((at) => HEADER.split(',')[at]), ...turned.map((row) => order.map((at) => row[at]))]
          .map((row) => row.join(','))
          .join('\r\n'),
      );
    const usual = await loadCohort(request(write([0, 1, 2, 3, 4, 5], rows)));
    const shuffled = (length: number) => fc.shuffledSubarray([...Array(length).keys()], { minLength: length });
    await fc.assert(
      fc.asyncProperty(shuffled(12), shuffled(6), fc.integer({ min: 1, max: 11 }), async (turn, order, cut) => {
        const turned = turn.map((at) => rows[at]!);
        expect(await loadCohort(request(write(order, turned)))).toEqual(usual);
        const halves = [write(order, turned.slice(0, cut)), write([0, 1, 2, 3, 4, 5], turned.slice(cut))];
        expect(await loadCohort(request(halves))).toEqual(usual);
      }),
      { numRuns: 15 },
    );
  });

  it('has another fingerprint when one value that the study reads changes, and the same when another does', async () => {
    const print = async (row: string, header = HEADER) => (await checkCohort(request(file(`${header}\n${row}\n`)))).fingerprint;
    const usual = await print('p1,60,M,245,0,train');
    expect(await print('p1,61,M,245,0,train')).not.toBe(usual);
    expect(await print('p2,60,M,245,0,train')).not.toBe(usual);
    expect(await print('p1,60,M,245,0,test')).not.toBe(usual);
    expect(await print('p1,60.0,M,245,0,train')).toBe(usual);
    expect(await print('p1,60,M,245,0,train,7', `${HEADER},ward`)).toBe(usual);
  });

  it('reads all files of a pattern, in sorted order, and says where a row is', async () => {
    mkdirSync(join(folder, 'parts'));
    file(`${HEADER}\n${GOOD[1]}\n${GOOD[2]?.replace('50', '5')}\n`, 'parts/b.csv');
    file(`${HEADER}\n${GOOD[0]}\n`, 'parts/a.csv');
    const report = await checkCohort(request('parts/*.csv', { baseDir: folder }));
    expect(report.files).toEqual([{ rows: 1 }, { rows: 2 }]);
    expect(report.problems).toEqual([expect.objectContaining({ code: 'COHORT_RANGE', column: 'age', rows: [3] })]);
    expect(renderReport(report)).toContain('file 2 row 2');
  });

  it('counts each row as a patient where no identifier is declared, and says so', async () => {
    const path = file(['age,sex,chol,num', '60,M,245,0', '60,M,245,0', '40,F,200,1'].join('\n'));
    const made = request(path, {
      patientId: undefined,
      schema: schemaOf({ split: { byPatient: { test: 0.5 } } }),
      splitKey: Buffer.alloc(32, 3),
    });
    const report = await checkCohort(made);
    expect([report.patients, report.patientsBy, report.repeats.exact.count]).toEqual([3, 'row', 1]);
    expect(renderReport(report)).toContain('each row counts as a patient');
    const { train, test } = await loadCohort(made);
    expect(train.patientCount + test.patientCount).toBe(3);
  });
});

describe('the rows of the split decide', () => {
  it('reports missing values over the rows used and over all rows', async () => {
    const report = await checkCohort(request(table(...GOOD, 'p4,70,M,0,1,', 'p5,70,M,,1,other')));
    const chol = report.columns.find(({ name }) => name === 'chol');
    expect(report.problems).toEqual([]);
    expect(report.neither).toBe(2);
    expect([chol?.inSplit.missing, chol?.inSplit.rows, chol?.all.missing, chol?.all.rows]).toEqual([1, 3, 3, 5]);
    expect(chol?.all.byCode).toEqual([
      { code: '0', count: 2 },
      { code: '', count: 1 },
    ]);
  });

  it('does not refuse for what is missing or wrong in a row outside the split, and notes what is wrong', async () => {
    const report = await checkCohort(request(table(...GOOD, 'p4,,M,200,1,', 'p5,7,X,200,,')));
    expect(report.problems).toEqual([]);
    expect(report.notes).toEqual([
      expect.stringMatching(/^age: 1 row outside the split .*row 5/),
      expect.stringMatching(/^sex: 1 row outside/),
    ]);
  });

  it('refuses a missing value with no stand-in, or leaves the row out and counts it if the study says so', async () => {
    const path = table(...GOOD, 'p4,,M,200,1,train');
    expect(await refusal(request(path))).toMatchObject({
      code: 'COHORT_SCHEMA',
      refused: [{ column: 'age', expected: 'complete', count: 1, rows: [4] }],
    });
    const report = await checkCohort(request(path, { schema: schemaOf({ onMissing: 'exclude' }) }));
    expect(report.problems).toEqual([]);
    expect(report.excluded).toMatchObject({ byMissing: [{ column: 'age', count: 1 }], rows: 1 });
    expect(report.train.rows).toBe(2);
  });

  it('refuses a patient with records in both parts', async () => {
    expect(await refusal(request(table(...GOOD, 'p1 ,61,M,245,0,test')))).toMatchObject({
      code: 'COHORT_SCHEMA',
      refused: [{ column: 'split', count: 1 }],
    });
  });

  it('refuses fewer patients than the site allows, whatever the number of their records', async () => {
    const path = table(...GOOD, 'p1,61,M,245,0,train');
    expect((await checkCohort(request(path, { minPatients: 3 }))).accepted).toBe(true);
    expect(await refusal(request(path, { minPatients: 4 }))).toMatchObject({ code: 'COHORT_TOO_SMALL', exitCode: 5 });
  });

  it('refuses a row of the split without an identifier', async () => {
    expect(await refusal(request(table(...GOOD, ' ,61,M,245,0,train')))).toMatchObject({
      code: 'DATA_UNREADABLE',
      refused: [{ rows: [4] }],
    });
  });

  it('refuses codes for a column that the file does not have', async () => {
    const made = request(table(...GOOD), {}, { missingCodes: { cholesterol: [0] } });
    expect(await refusal(made)).toMatchObject({ code: 'DATA_UNREADABLE', message: expect.stringContaining('cholesterol') });
  });

  it('carries every problem, the first one as its code', async () => {
    const error = await refusal(request(table('p1,6,M,245,0,train', 'p2,x,Q,2,9,test')));
    expect(error.code).toBe('COHORT_SCHEMA');
    expect(error.refused.map(({ code, column }) => `${code} ${column}`)).toEqual([
      'COHORT_SCHEMA age',
      'COHORT_RANGE age',
      'COHORT_RANGE sex',
      'COHORT_RANGE chol',
      'COHORT_RANGE num',
    ]);
    expect(error.message).toContain('(and 4 more problems)');
  });
});

describe('a file that is no table', () => {
  it.each([
    ['nothing at all', '', 'DATA_UNREADABLE', /is empty/],
    ['a header and no rows', `${HEADER}\n`, 'DATA_UNREADABLE', /no rows/],
    ['no header', `${GOOD.join('\n')}\n`, 'DATA_UNREADABLE', /names none of the 6 columns/],
    ['a missing column', 'pid,age,sex,num,split\np1,60,M,0,train\n', 'COHORT_SCHEMA', /Column chol is missing/],
    ['no identifier column', 'age,sex,chol,num,split\n60,M,200,0,train\n', 'DATA_UNREADABLE', /patientId/],
    ['a column twice', `${HEADER},age\np1,60,M,245,0,train,60\n`, 'COHORT_SCHEMA', /column age 2 times/],
    [
      'ragged rows',
      `${HEADER}\n${GOOD[0]}\np2,40\np3,50,M,300,2,test,9\n`,
      'DATA_UNREADABLE',
      /2 rows have more or fewer fields .*rows 2, 3/,
    ],
    ['an open quotation mark', `${HEADER}\n${GOOD[0]}\n"p2,40,F,0,1,train\n`, 'DATA_UNREADABLE', /never closed/],
    ['a quotation mark in a field', `${HEADER}\n${GOOD[0]}\np"2,40,F,0,1,train\n`, 'DATA_UNREADABLE', /Row 2 .*inside an unquoted field/],
  ])('with %s is refused in one sentence', async (_, content, code, sentence) => {
    expect(await refusal(request(file(content)))).toMatchObject({ code, message: expect.stringMatching(sentence) });
  });

  it('that is not there, or is a folder, is refused without its name', async () => {
    const absent = await refusal(request(join(folder, 'CANARY-*.csv')));
    expect(absent).toMatchObject({ code: 'DATA_UNREADABLE', message: 'source.path matches no file.' });
    expect((await refusal(request([table(...GOOD), folder]))).message).toBe('Entry 2 of source.path is a folder or a device, not a file.');
  });

  it.skipIf(process.getuid?.() === 0)('that may not be read is refused with the reason of the system', async () => {
    const path = table(...GOOD);
    chmodSync(path, 0);
    expect((await refusal(request(path))).message).toContain('EACCES');
  });

  it('in another encoding than declared is refused', async () => {
    const path = file(Buffer.from(`${HEADER}\np\xe9,60,M,245,0,train\n`, 'latin1'));
    expect((await refusal(request(path, {}, { encoding: 'utf-8' }))).message).toContain('not utf-8');
    expect((await checkCohort(request(path))).proposal?.declare).toBe('encoding: windows-1252');
    const marked = file(Buffer.from(`\ufeff${HEADER}\n${GOOD[0]}\n`, 'utf16le'));
    expect((await refusal(request(marked, {}, { encoding: 'windows-1252' }))).message).toContain('mark of utf-16le');
    expect((await checkCohort(request(marked))).accepted).toBe(true);
  });

  it('with records of spaces only, as spreadsheets append them, loses them and says so', async () => {
    const report = await checkCohort(request(table(...GOOD, ',,,,,', ' , ,,,,')));
    expect([report.accepted, report.rows, report.blankRows]).toEqual([true, 3, 2]);
  });
});

describe('patient values', () => {
  const CANARY = 'CANARY';
  const bodies: readonly (readonly [string, string])[] = [
    [
      'in every wrong cell',
      `${HEADER},note\nCANARY1,CANARY2,CANARY3,CANARY4,CANARY5,train,CANARY6\nCANARY1,CANARY2,CANARY3,CANARY4,CANARY5,CANARY7,CANARY8\n`,
    ],
    ['in place of a header', 'CANARY1,CANARY2,CANARY2,CANARY4\nCANARY5,CANARY6,CANARY7,CANARY8\n'],
    ['in a ragged row', `${HEADER}\nCANARY1,60,M\n`],
    ['in a broken quotation', `${HEADER}\nCANARY1,"60"CANARY,M,245,0,train\n`],
    ['in an open quotation', `${HEADER}\nCANARY1,"CANARY\n`],
    [
      'in identifiers of repeated and split records',
      `${HEADER}\nCANARY1,60,M,245,0,train\nCANARY1 ,60,M,245,0,train\nCANARY1,60,M,245,0,test\n`,
    ],
    ['with a semicolon', `${HEADER.replaceAll(',', ';')}\nCANARY1;CANARY2;M;1,234;0;train\n`],
  ];

  it.each(bodies)('%s appear in no report, rendering or error', async (_, body) => {
    const made = request(file(body, `CANARY-${(written += 1)}.csv`));
    const report = await checkCohort(made);
    const error = await refusal(made);
    const said = [JSON.stringify(report), renderReport(report), error.stack, JSON.stringify(error), error.fix, String(error.cause)];
    expect(report.accepted).toBe(false);
    expect(said.join('\n')).not.toContain(CANARY);
  });
});
