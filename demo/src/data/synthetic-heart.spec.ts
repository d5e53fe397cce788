import { describe, expect, it } from 'vitest';
import { sha256 } from './download-heart.js';
import { HOSPITALS, type Hospital } from './heart-columns.js';
import { syntheticHeart } from './synthetic-heart.js';

const table = (hospital: Hospital): Record<string, string>[] => {
  const [header = '', ...lines] = (syntheticHeart().get(hospital) ?? '').trimEnd().split('\n');
  const columns = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, index) => [columns[index], value])));
};

describe('invented hospitals', () => {
  it('are the same on every machine', () => {
    const text = [...syntheticHeart().values()].join('');
    expect(sha256(text)).toBe('b06413f75b62d88b85124021b8dcdca485cce1897931c1d762498fa9dcb22ba6');
  });

  it('have the sizes of the real ones', () => {
    expect(HOSPITALS.map((hospital) => table(hospital).length)).toEqual([303, 294, 123, 200]);
  });

  it("stay within the ranges and levels of the demo's study", () => {
    for (const hospital of HOSPITALS) {
      for (const row of table(hospital)) {
        within(row['age'], 18, 100);
        within(row['trestbps'], 60, 260);
        if (row['chol'] !== '0') within(row['chol'], 80, 650);
        within(row['thalach'], 50, 220);
        within(row['oldpeak'], -3, 7);
        expect(row['cp']).toMatch(/^[1-4]$/);
        expect(row['sex']).toMatch(/^[01]$/);
        expect(row['num']).toMatch(/^[0-4]$/);
      }
    }
  });

  it('recorded no cholesterol in Switzerland', () => {
    expect(table('switzerland').every((row) => row['chol'] === '0')).toBe(true);
  });

  it('give every hospital ill and well patients to train and to test on, and leave incomplete rows out', () => {
    for (const hospital of HOSPITALS) {
      const rows = table(hospital);
      const groups = new Set(rows.map((row) => `${row['split']} ${row['num'] === '0' ? 'well' : 'ill'}`));
      expect([...groups]).toEqual(expect.arrayContaining(['train ill', 'train well', 'test ill', 'test well']));
      const lacking = rows.filter((row) => ['trestbps', 'fbs', 'restecg', 'thalach'].some((column) => row[column] === ''));
      expect(lacking).toEqual(rows.filter((row) => row['split'] === ''));
    }
  });
});

function within(value: string | undefined, low: number, high: number): void {
  if (value === '') return;
  expect(Number(value)).toBeGreaterThanOrEqual(low);
  expect(Number(value)).toBeLessThanOrEqual(high);
}
