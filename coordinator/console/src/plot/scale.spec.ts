import { expect, it } from 'vitest';
import { scaleOf } from './scale.js';

const marks = (whole: boolean, last: number) =>
  scaleOf({ label: 'Round', kind: 'number', whole }, [0, last], 0, 500, 6).ticks.map(({ text }) => text);

it('an axis that counts rounds has no mark between two of them, however few there are', () => {
  expect(marks(true, 2)).toEqual(['0', '1', '2']);
  expect(marks(false, 2)).toContain('0.5');
  expect(marks(true, 60)).toEqual(marks(false, 60));
});
