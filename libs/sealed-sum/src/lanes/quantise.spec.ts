import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aShape, sumOf } from '../../test/world.js';
import { sealParameters } from '../parameters/index.js';
import { dequantise } from './dequantise.js';
import { segmentLanes } from './lane-layout.js';
import { quantise, type ContributionValues } from './quantise.js';

const parameters = sealParameters(aShape({ updateLength: 4 }));
const { levels } = parameters;
const counts = { patients: 7n };
const update = Float64Array.of(1, -1, 0.5, 0);

describe('quantising', () => {
  it('uses all levels at full weight and full range, and rounds to the nearest', () => {
    const { lanes, clamped } = quantise({ update, weight: 1000, counts }, parameters);
    expect([...lanes.subarray(0, 6)]).toEqual([levels, -levels, Math.round(levels / 2), 0, levels, 0]);
    expect(clamped).toBe(0);
  });

  it('scales a value by its site’s weight', () => {
    const { lanes } = quantise({ update, weight: 250, counts }, parameters);
    expect(lanes[0]).toBe(Math.round(levels / 4));
    expect(lanes[4]).toBe(Math.round(levels / 4));
  });

  it('clamps what lies beyond the range, counts it, and lets the count ride along', () => {
    const wild = Float64Array.of(1.0000001, -7, 1e300, 1);
    const { lanes, clamped } = quantise({ update: wild, weight: 1000, counts }, parameters);
    expect([...lanes.subarray(0, 4)]).toEqual([levels, -levels, levels, levels]);
    expect(clamped).toBe(3);
    expect(dequantise(lanes, parameters).counts).toEqual({ contributors: 1n, clamped: 3n, patients: 7n });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %s and says where', (bad) => {
    expect(() => quantise({ update: Float64Array.of(0, 0, bad, 0), weight: 1, counts }, parameters)).toThrow(
      expect.objectContaining({ code: 'NOT_FINITE', index: 2 }),
    );
    expect(() => quantise({ update, weight: bad, counts }, parameters)).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
  });

  it('refuses a value that is not finite before a weight that is too large', () => {
    expect(() => quantise({ update: Float64Array.of(0, 0, 0, Number.NaN), weight: 1e9, counts }, parameters)).toThrow(
      expect.objectContaining({ code: 'NOT_FINITE' }),
    );
  });

  it.each([1, 60_000, 131_071, 131_072, 16_777_215])('takes a weight of %i where it is the maximum, and refuses one more', (maxWeight) => {
    const bounded = sealParameters(aShape({ updateLength: 0, maxWeight }));
    expect(quantise({ weight: maxWeight, counts }, bounded).lanes[0]).toBe(bounded.levels);
    expect(() => quantise({ weight: maxWeight + 1, counts }, bounded)).toThrow(expect.objectContaining({ code: 'WEIGHT_TOO_LARGE' }));
  });

  it('refuses an update of another length, a missing count, an unknown one, and a negative weight', () => {
    const wrongs: ContributionValues[] = [
      { update: new Float64Array(5), weight: 1, counts },
      { weight: 1, counts },
      { update, weight: 1, counts: {} },
      { update, weight: 1, counts: { patients: 1n, deaths: 1n } },
      { update, weight: -1, counts },
    ];
    for (const wrong of wrongs) expect(() => quantise(wrong, parameters)).toThrow(expect.objectContaining({ code: 'CONTRIBUTION_SHAPE' }));
  });

  it('never exceeds the levels of one site, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.float64Array({ minLength: 4, maxLength: 4, noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: 0, max: 1000, noNaN: true }),
        fc.double({ min: 1e-100, max: 1e6, noNaN: true }),
        (values, weight, updateRange) => {
          const ranged = sealParameters(aShape({ updateLength: 4, updateRange }));
          const { lanes } = quantise({ update: values, weight, counts }, ranged);
          expect(lanes.every((lane) => Math.abs(lane) <= ranged.levels)).toBe(true);
        },
      ),
    );
  });
});

describe('counts', () => {
  it.each([3, 128, 129, 372])('are exact for %i sites up to the limit, and refused beyond it', (sites) => {
    const counted = sealParameters(aShape({ sites, updateLength: 0 }));
    const segment = segmentLanes(counted, 'counts')!.segment;
    const limit = 2n ** BigInt(segment.limbs * segment.limbBits);
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: limit - 1n }), { minLength: sites, maxLength: sites }), (patients) => {
        const extreme = patients.map((count, index) => (index % 2 ? limit - 1n : count));
        const sum = sumOf(extreme.map((count) => quantise({ weight: 1, counts: { patients: count } }, counted).lanes));
        expect(sum.every((lane) => lane >= 0 && lane <= sites * counted.levels)).toBe(true);
        expect(dequantise(sum, counted).counts).toEqual({
          contributors: BigInt(sites),
          clamped: 0n,
          patients: extreme.reduce((a, b) => a + b),
        });
      }),
      { numRuns: 10 },
    );
    for (const beyond of [limit, -1n])
      expect(() => quantise({ weight: 1, counts: { patients: beyond } }, counted)).toThrow(
        expect.objectContaining({ code: 'COUNT_TOO_LARGE' }),
      );
  });
});

describe('dequantising', () => {
  it('refuses a mean of nothing', () => {
    const { lanes } = quantise({ update: new Float64Array(4), weight: 0, counts }, parameters);
    expect(() => dequantise(lanes, parameters)).toThrow(expect.objectContaining({ code: 'WEIGHT_ZERO' }));
  });

  it('gives a weighted mean within the rounding of each site', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: 100, max: 1000 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (sites) => {
          const one = sealParameters(aShape({ updateLength: 1, counts: [] }));
          const sum = sumOf(sites.map(([value, weight]) => quantise({ update: Float64Array.of(value), weight, counts: {} }, one).lanes));
          const weight = sites.reduce((total, [, w]) => total + w, 0);
          const mean = sites.reduce((total, [value, w]) => total + value * w, 0) / weight;
          // Half a level per site in numerator and denominator.
          const tolerance = (sites.length / ((weight / 1000) * one.levels)) * 1.01;
          expect(Math.abs(dequantise(sum, one).update[0]! - mean)).toBeLessThanOrEqual(tolerance);
        },
      ),
    );
  });
});
