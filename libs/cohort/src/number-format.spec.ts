import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noEvidence, numberReader, PLAIN_NUMBERS, verdict, weigh, type NumberFormat } from './number-format.js';

const FORMATS: readonly NumberFormat[] = (['.', ','] as const).flatMap((decimal) =>
  (['none', '.', ',', ' ', "'"] as const).filter((thousands) => thousands !== decimal).map((thousands) => ({ decimal, thousands })),
);

/** Writes a number as a spreadsheet does. */
function write(value: number, digits: number, { decimal, thousands }: NumberFormat): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(digits).split('.');
  const grouped = thousands === 'none' ? whole : whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  return `${value < 0 ? '-' : ''}${grouped}${fraction === undefined ? '' : decimal + fraction}`;
}

const judge = (...cells: readonly string[]) => {
  const evidence = noEvidence();
  for (const cell of cells) weigh(evidence, cell);
  return verdict(evidence);
};

describe('a declared number format', () => {
  it('reads back what it wrote, for every mark', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 4 }), fc.constantFrom(...FORMATS), (n, digits, format) => {
        const value = n / 10 ** digits;
        expect(numberReader(format)(write(value, digits, format))).toBe(value + 0);
      }),
    );
  });

  it.each(['', ' ', 'NaN', 'Infinity', '1e999', '0x10', '1,5', '1 000', '12abc', '--1', '1..2', '.', '+', '1_000', '１'])(
    'plain reads no number in "%s"',
    (text) => expect(numberReader(PLAIN_NUMBERS)(text)).toBeUndefined(),
  );

  it('takes groups only whole', () => {
    const german = numberReader({ decimal: ',', thousands: '.' });
    expect(['1.234', '1.234.567,5', '1234,5'].map(german)).toEqual([1234, 1234567.5, 1234.5]);
    expect(['1.23', '12.34,5', '0.123', '1.2345', '1,234.5'].map(german)).toEqual(Array(5).fill(undefined));
  });

  it('makes no difference between 0 and -0', () => {
    expect(Object.is(numberReader(PLAIN_NUMBERS)('-0'), 0)).toBe(true);
  });
});

describe('an undeclared number format', () => {
  it.each([
    [['12', '0', '-7'], 'any'],
    [['1.5', '1.234'], 'point'],
    [['0.123'], 'point'],
    [['1,234.5'], 'point'],
    [['23,50', '1.237,75'], 'comma'],
    [['1.234'], 'both'],
    [['1,234', '17'], 'both'],
    [['1,234', '1.234'], 'both'],
    [['1,5', '1.5'], 'both'],
    [['n/a', '2.5'], 'point'],
  ] as const)('%j is %s', (cells, wanted) => expect(judge(...cells)).toBe(wanted));

  it('is never settled for a column that two formats read as different numbers', () => {
    const cell = fc.tuple(fc.integer({ min: 1, max: 9_999_999 }), fc.integer({ min: 0, max: 4 }), fc.constantFrom(...FORMATS));
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 4 }), (cells) => {
        const texts = cells.map(([n, digits, format]) => write(n / 10 ** digits, digits, format));
        const values = (decimal: '.' | ',') => texts.map(numberReader({ decimal, thousands: decimal === '.' ? ',' : '.' }));
        const [point, comma] = [values('.'), values(',')];
        const twoWays = point.every((x) => x !== undefined) && comma.every((x) => x !== undefined) && String(point) !== String(comma);
        if (twoWays) expect(judge(...texts)).toBe('both');
      }),
    );
  });
});
