import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resample } from './resample.js';

const grey = (values: readonly number[]) => Float32Array.from(values);

describe('bringing an image to another size', () => {
  it('averages what falls under an output pixel', () => {
    const four = grey([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    expect([...resample(four, { height: 4, width: 4 }, { height: 2, width: 2 }, 1, 'area')]).toEqual([3.5, 5.5, 11.5, 13.5]);
    // Three columns to two: the middle one counts half on either side.
    expect([...resample(grey([0, 30, 60]), { height: 1, width: 3 }, { height: 1, width: 2 }, 1, 'area')]).toEqual([10, 50]);
  });

  it('reads between the centres of neighbours, edges repeated', () => {
    expect([...resample(grey([0, 40]), { height: 1, width: 2 }, { height: 1, width: 4 }, 1, 'bilinear')]).toEqual([0, 10, 30, 40]);
    expect([...resample(grey([7]), { height: 1, width: 1 }, { height: 2, width: 2 }, 1, 'bilinear')]).toEqual([7, 7, 7, 7]);
  });

  it('keeps channels apart, plain images plain and every value within what was there', () => {
    const side = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        fc.constantFrom('area', 'bilinear'),
        fc.infiniteStream(fc.integer({ min: -100, max: 100 })),
        (h, w, toH, toW, rule, values) => {
          const pixels = new Float32Array(h * w * 3);
          for (let at = 0; at < pixels.length; at += 3) pixels.set([values.next().value ?? 0, 5, -3], at);
          const result = resample(pixels, { height: h, width: w }, { height: toH, width: toW }, 3, rule as 'area' | 'bilinear');
          const first = result.filter((_, at) => at % 3 === 0);
          const before = pixels.filter((_, at) => at % 3 === 0);
          expect(Math.min(...first)).toBeGreaterThanOrEqual(Math.min(...before) - 1e-4);
          expect(Math.max(...first)).toBeLessThanOrEqual(Math.max(...before) + 1e-4);
          for (let at = 0; at < result.length; at += 3) {
            expect(result[at + 1]).toBeCloseTo(5, 5);
            expect(result[at + 2]).toBeCloseTo(-3, 5);
          }
        },
      ),
    );
  });
});
