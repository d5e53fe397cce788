import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandomness } from '../simulation/seeded-randomness.js';
import { SystemRandomness } from '../randomness/system-randomness.js';
import { addPatient, boundPatient, DiscreteGaussian, meanOfRecords, noisySum, normRule } from './index.js';

const words = new SystemRandomness();

/** Σz² in integers of any size. */
const exactSquares = (vector: Int32Array) => vector.reduce((sum, z) => sum + BigInt(z) * BigInt(z), 0n);

const bound = (gradient: readonly number[], clip: number, normBound: number) => {
  const rule = normRule(gradient.length, clip, normBound);
  const vector = new Int32Array(gradient.length);
  const outcome = boundPatient(Float64Array.from(gradient), rule, words, vector);
  return { outcome, vector: Array.from(vector), squares: exactSquares(vector) };
};

describe("one patient's vector", () => {
  it('has a norm of at most S, whatever doubles the gradient holds', () => {
    const gradient = fc.array(fc.oneof(fc.double(), fc.double({ min: -2, max: 2, noNaN: true }), fc.constant(1e308)), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        gradient,
        fc.integer({ min: 8, max: 2 ** 14 }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (values, normBound, clip) => {
          expect(bound(values, clip, normBound).squares).toBeLessThanOrEqual(BigInt(normBound) ** 2n);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('keeps its norm at the smallest S, where each coordinate is rounded at random', () => {
    for (let run = 0; run < 300; run += 1) {
      const values = Array.from({ length: 400 }, () => Math.fround(words.next() / 2 ** 31 - 1));
      const { squares, outcome } = bound(values, 1, 20);
      expect(squares).toBeLessThanOrEqual(400n);
      expect(['clipped', 'shrunk']).toContain(outcome);
    }
  });

  it('is never cut by rounding to nearest where S is 50 times √d or more', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }), (values) => {
        expect(['kept', 'clipped']).toContain(bound(values, 0.7, 1_000).outcome);
      }),
    );
  });

  it('points where the gradient points, and is as long as C allows', () => {
    expect(bound([3, 4], 1, 1_000)).toMatchObject({ outcome: 'clipped', vector: [600, 799] });
    expect(bound([0.3, 0.4], 1, 1_000)).toMatchObject({ outcome: 'kept', vector: [300, 400] });
    expect(bound([3e200, 4e200], 1, 1_000).vector).toEqual([600, 799]);
    expect(bound([3e-200, 4e-200], 1, 1_000)).toMatchObject({ outcome: 'kept', vector: [0, 0] });
  });

  it('is not biased by rounding at random', () => {
    const rule = normRule(4, 1, 4);
    expect(rule.rounding).toBe('stochastic');
    const sum = new Float64Array(4);
    const vector = new Int32Array(4);
    const runs = 200_000;
    for (let run = 0; run < runs; run += 1) {
      boundPatient(Float64Array.of(0.1, -0.2, 0.3, 0), rule, words, vector);
      addPatient(sum, vector);
    }
    // A rounded coordinate has a deviation of at most 1/2: six of its mean's, two-sided, once in 10^9.
    [0.1, -0.2, 0.3, 0].forEach((value, index) =>
      expect(Math.abs(sum[index]! / runs - value * rule.scaledBound)).toBeLessThan((6.11 * 0.5) / Math.sqrt(runs)),
    );
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]])('is zero where the gradient holds %d', (bad) => {
    expect(bound([0.5, bad, 0.5], 1, 1_000)).toMatchObject({ outcome: 'notFinite', vector: [0, 0, 0] });
  });

  it('counts a patient with many records once', () => {
    const mean = meanOfRecords([Float64Array.of(1, 2), Float64Array.of(3, 6)]);
    expect(Array.from(mean)).toEqual([2, 4]);
    expect(Array.from(meanOfRecords([Float64Array.of(1e308), Float64Array.of(1e308)]))).toEqual([Number.POSITIVE_INFINITY]);
  });
});

describe('the rule', () => {
  it('is that of PROTOCOL.md section 6', () => {
    expect(normRule(100, 1, 1_000)).toMatchObject({ scaledBound: 995, rounding: 'nearest' });
    expect(normRule(400, 1, 999)).toMatchObject({ scaledBound: Math.sqrt(999 ** 2 - 100), rounding: 'nearest' });
    expect(normRule(62_500, 1, 1_000).rounding).toBe('nearest');
    expect(normRule(62_501, 1, 1_000).rounding).toBe('stochastic');
  });

  const refused: [string, Parameters<typeof normRule>][] = [
    ['a bound below √d', [10_001, 1, 100]],
    ['a bound above 2^14', [10, 1, 2 ** 14 + 1]],
    ['a broken bound', [10, 1, 100.5]],
    ['no values', [0, 1, 100]],
    ['a clip of 0', [10, 0, 100]],
    ['a clip of 1e-320', [10, 1e-320, 100]],
    ['a clip that is not finite', [10, Number.POSITIVE_INFINITY, 100]],
    ['a clip that is not a number', [10, Number.NaN, 100]],
  ];
  it.each(refused)('refuses %s', (_, parameters) => {
    expect(() => normRule(...parameters)).toThrow(expect.objectContaining({ code: 'PRIVACY_PARAMETERS' }));
  });
});

describe("a site's step", () => {
  it('moves by at most S when any one patient leaves, before the same noise', () => {
    const rule = normRule(12, 1, 500);
    const source = new SeededRandomness('patients');
    const vectors = Array.from({ length: 30 }, () => {
      const vector = new Int32Array(12);
      boundPatient(
        Float64Array.from({ length: 12 }, () => source.next() / 2 ** 31 - 1),
        rule,
        source,
        vector,
      );
      return vector;
    });
    const noise = new Int32Array(12);
    new DiscreteGaussian(250_000).drawInto(noise, source);
    const stepOf = (patients: readonly Int32Array[]) => {
      const sum = new Float64Array(12);
      for (const vector of patients) addPatient(sum, vector);
      // Low enough that some coordinates are clamped.
      return noisySum(sum, noise, 300);
    };
    const whole = stepOf(vectors);
    vectors.forEach((_, left) => {
      const without = stepOf(vectors.toSpliced(left, 1));
      expect(exactSquares(whole.map((value, index) => value - without[index]!))).toBeLessThanOrEqual(250_000n);
    });
  });

  it('sends noise where nobody was sampled, and adds it after the clamp', () => {
    expect(Array.from(noisySum(new Float64Array(3), Int32Array.of(5, -7, 0), 10))).toEqual([5, -7, 0]);
    expect(Array.from(noisySum(Float64Array.of(25, -25), Int32Array.of(5, -7), 10))).toEqual([15, -17]);
  });

  it('refuses noise of another length', () => {
    expect(() => noisySum(new Float64Array(3), new Int32Array(2), 10)).toThrow(expect.objectContaining({ code: 'CONTRIBUTION_SHAPE' }));
  });
});
