import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from './download-heart.js';
import { fileName, HOSPITALS, type Hospital } from './heart-columns.js';
import { HEART_RECORD, splitOf } from './heart-record.js';
import { uciToCsv } from './uci-csv.js';

const SHARED = resolve(process.env['CONSILIUM_DATA'] ?? resolve(import.meta.dirname, '../../../../shared/data'), 'heart-disease');

const record = { rows: 2, sha256: '0'.repeat(64), train: [2], test: [] };
const HEADER = 'age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num,split\n';

describe("turning an archive's file into a hospital's CSV", () => {
  it('writes a number one way, whichever way the archive wrote it', () => {
    const text = '63.0,1.0,1.0,145.0,233.0,1.0,2.0,150.0,0.0,2.3,3.0,0.0,6.0,0\n32,1,1,95,0,?,0,127,0,-.7,1,-9,-9.0,1\n';
    expect(uciToCsv(text, 'cleveland', record)).toBe(
      `${HEADER}63,1,1,145,233,1,2,150,0,2.3,3,0,6,0,\n32,1,1,95,0,,0,127,0,-0.7,1,,,1,train\n`,
    );
  });

  it('does not mind the line ends or a last line without one', () => {
    const unix = '1,1,1,1,1,1,1,1,1,1,1,1,1,1\n2,2,2,2,2,2,2,2,2,2,2,2,2,2\n';
    expect(uciToCsv(unix.replaceAll('\n', '\r\n').trimEnd(), 'va', record)).toBe(uciToCsv(unix, 'va', record));
  });

  it.each([
    ['a page in its place', '<html>\n<body>Sign in to the hotel network</body>', 'row 1 is not 14 numbers'],
    ['a row too few', '1,1,1,1,1,1,1,1,1,1,1,1,1,1\n', '1 rows instead of 2'],
    ['a short row', '1,1,1,1,1,1,1,1,1,1,1,1,1,1\n1,1,1\n', 'row 2 is not 14 numbers'],
    ['a word', '1,1,1,1,1,1,1,1,1,1,1,1,1,1\n1,1,1,1,1,1,1,1,1,1,1,1,1,Infinity\n', 'row 2 is not 14 numbers'],
  ])('refuses %s', (_, text, how) => {
    expect(() => uciToCsv(text, 'va', record)).toThrow(how);
  });
});

describe("the project's record of the real data", () => {
  it("has the benchmark's numbers of training and test rows", () => {
    const sizes = HOSPITALS.map((hospital) => [HEART_RECORD[hospital].train.length, HEART_RECORD[hospital].test.length]);
    expect(sizes).toEqual([
      [199, 104],
      [172, 89],
      [30, 16],
      [85, 45],
    ]);
  });

  describe.skipIf(!existsSync(SHARED))('where the real data is at hand', () => {
    it('has the split of every row', () => {
      for (const hospital of HOSPITALS) {
        const splits = realRows(hospital).map((fields) => fields.at(-1));
        expect(splits, hospital).toEqual(splits.map((_, index) => splitOf(HEART_RECORD[hospital], index + 1)));
      }
    });

    it.each(HOSPITALS)("is what the archive's file of %s turns into, byte for byte", (hospital) => {
      const csv = uciToCsv(asUciWritesIt(hospital), hospital, HEART_RECORD[hospital]);
      expect(sha256(csv)).toBe(HEART_RECORD[hospital].sha256);
      if (hospital !== 'cleveland') expect(csv).toBe(readFileSync(join(SHARED, fileName(hospital)), 'utf8'));
    });
  });
});

/**
 * The archive marks six values of Cleveland as missing (row: column) that the copy at hand has as 0. Neither column is
 * in the benchmark, nor in the demo's study.
 */
const MISSING_IN_CLEVELAND: Readonly<Record<number, 'ca' | 'thal'>> = {
  88: 'thal',
  167: 'ca',
  193: 'ca',
  267: 'thal',
  288: 'ca',
  303: 'ca',
};

/** Cleveland's numbers all have a point but the diagnosis, the others' only where needed and then no leading 0. */
function asUciWritesIt(hospital: Hospital): string {
  const lines = realRows(hospital).map((fields, index) => {
    const values = fields.slice(0, -1);
    const missing = hospital === 'cleveland' ? MISSING_IN_CLEVELAND[index + 1] : undefined;
    if (missing !== undefined) values[missing === 'ca' ? 11 : 12] = '';
    return values.map((value, column) => uciNumber(value, hospital === 'cleveland' && column < 13)).join(',');
  });
  return lines.join('\n') + '\n';
}

function uciNumber(value: string, alwaysPoint: boolean): string {
  if (value === '') return '?';
  if (alwaysPoint) return value.includes('.') ? value : `${value}.0`;
  return value.replace(/^(-?)0\./, '$1.');
}

function realRows(hospital: Hospital): string[][] {
  const [, ...lines] = readFileSync(join(SHARED, fileName(hospital)), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => line.split(','));
}
