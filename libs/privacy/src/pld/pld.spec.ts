import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REFERENCE_TAILS } from '../../test/reference-tails.js';
import { composedEpsilon } from './composed-epsilon.js';
import { connectDots } from './dots.js';
import { fourierTransform, partnerOf } from './fourier.js';
import { gaussianDelta, gaussianEpsilon } from './gaussian-epsilon.js';
import { intervalMasses } from './interval-masses.js';
import { normalTail } from './normal-tail.js';
import { readEpsilon } from './read-epsilon.js';
import { singleStepDelta, singleStepEpsilon } from './single-step-epsilon.js';
import { twiddles } from './twiddles.js';

describe('the tail of the normal distribution', () => {
  it.each(REFERENCE_TAILS)('at %d is right to 1e-15', (z, tail) => {
    expect(Math.abs(normalTail(z) / tail - 1)).toBeLessThan(1e-15);
  });
});

describe('the Fourier transform', () => {
  it('is that of the definition, bit-reversed, and comes back', () => {
    const size = 64;
    const real = Float64Array.from({ length: size }, (_, index) => Math.sin(index * index));
    const imaginary = Float64Array.from({ length: size }, (_, index) => Math.cos(3 * index * index));
    const [re, im] = [real.slice(), imaginary.slice()];
    const transform = fourierTransform(size);
    transform.forward(re, im);
    for (let k = 0; k < size; k += 1) {
      let [a, b] = [0, 0];
      for (let index = 0; index < size; index += 1) {
        const angle = (-2 * Math.PI * k * index) / size;
        a += real[index]! * Math.cos(angle) - imaginary[index]! * Math.sin(angle);
        b += real[index]! * Math.sin(angle) + imaginary[index]! * Math.cos(angle);
      }
      const place = Number.parseInt(k.toString(2).padStart(6, '0').split('').toReversed().join(''), 2);
      expect(re[place]).toBeCloseTo(a, 12);
      expect(im[place]).toBeCloseTo(b, 12);
      const opposite = ((size - k) % size).toString(2).padStart(6, '0').split('').toReversed().join('');
      expect(partnerOf(place)).toBe(Number.parseInt(opposite, 2));
    }
    transform.backward(re, im);
    for (let index = 0; index < size; index += 1) expect(re[index]! / size).toBeCloseTo(real[index]!, 13);
  });

  it('has roots of unity within one unit in the last place', () => {
    // Squares and products must agree: 8·2^-53 is far below what a root from a recurrence would show at this size.
    const { cosine, sine } = twiddles(2 ** 20);
    for (let k = 1; k < 2 ** 19; k += 997) {
      expect(Math.abs(cosine[k]! ** 2 + sine[k]! ** 2 - 1)).toBeLessThan(8 * 2 ** -53);
      if (2 * k < 2 ** 19) expect(Math.abs(2 * sine[k]! * cosine[k]! - sine[2 * k]!)).toBeLessThan(8 * 2 ** -53);
    }
  });
});

describe('connected dots', () => {
  it('have at each point of the grid the delta of the step, and between two at least that', () => {
    const step = { q: 0.1, noiseMultiplier: 0.9 };
    const h = 0.01;
    for (const direction of ['remove', 'add'] as const) {
      const { first, masses, infinite } = connectDots(intervalMasses(step, h, 9), direction);
      const delta = (epsilon: number) =>
        masses.reduce((sum, mass, index) => {
          const loss = (first + index) * h;
          return loss > epsilon ? sum - mass * Math.expm1(epsilon - loss) : sum;
        }, infinite);
      expect(masses.reduce((sum, mass) => sum + mass, infinite)).toBeCloseTo(1, 14);
      for (let k = 0; k < 150; k += 1) {
        const exact = singleStepDelta(step, direction, k * h);
        expect(delta(k * h)).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
        expect(delta(k * h)).toBeLessThanOrEqual(exact * (1 + 1e-6) + 1e-11);
        expect(delta((k + 0.5) * h)).toBeGreaterThanOrEqual(singleStepDelta(step, direction, (k + 0.5) * h) * (1 - 1e-12));
      }
    }
  });
});

describe('reading epsilon off a sum', () => {
  /** Loss 0.5 with probability 0.01, loss −1 with the rest, on a grid of 0.1, not weighted. */
  const read = (over: { infinite?: number; error?: number; delta?: number }) => {
    const weighted = new Float64Array(64);
    weighted[5] = 0.01;
    weighted[64 - 10] = 0.99;
    const { infinite = 0, error = 0, delta = 1e-3 } = over;
    return readEpsilon({ sum: { weighted, logScale: 0, error }, lambda: 1e-9, from: -3, h: 0.1, infinite, delta });
  };

  it('solves δ(ε) = (1 − e^(ε − 0.5))·0.01', () => {
    expect(read({})).toBeCloseTo(0.5 + Math.log1p(-0.1), 9);
    expect(read({ delta: 0.009 })).toBe(0);
  });

  it("takes losses without limit and the transform's error off delta", () => {
    expect(read({ infinite: 5e-4 })).toBeCloseTo(0.5 + Math.log1p(-0.05), 9);
    expect(read({ infinite: 1e-3 })).toBe(Number.POSITIVE_INFINITY);
    expect(read({ error: 1e-6 })).toBeCloseTo(0.5 + Math.log1p(-0.0999), 8);
  });

  it('is not done where the error counts for more than a hundredth of delta, or epsilon lies below the window', () => {
    expect(read({ error: 1e-4 })).toBeUndefined();
    const weighted = new Float64Array(16);
    expect(readEpsilon({ sum: { weighted, logScale: 0, error: 0 }, lambda: 1, from: 5, h: 0.1, infinite: 0, delta: 1e-3 })).toBeUndefined();
  });
});

describe('the composition of steps', () => {
  it.each([
    [1, 1, 1e-5],
    [7, 3, 1e-6],
    [1_000, 20, 1e-9],
    [1_000, 1, 1e-5],
    [100_000, 400, 1e-12],
    [100_000, 20_000, 1e-12],
    [20, 0.5, 0.1],
  ])(
    'of %i whole ones of deviation %d at delta %d is one Gaussian step, never less, and at most 1.002 times it',
    (steps, noiseMultiplier, delta) => {
      const exact = gaussianEpsilon(Math.sqrt(steps) / noiseMultiplier, delta);
      const composed = composedEpsilon([{ q: 1, noiseMultiplier, steps }], delta);
      expect(composed).toBeGreaterThanOrEqual(exact * (1 - 1e-13));
      expect(composed / exact).toBeLessThan(1.002);
    },
  );

  it('of one sampled step is that step', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.9, noNaN: true }),
        fc.double({ min: 0.5, max: 5, noNaN: true }),
        fc.integer({ min: 3, max: 12 }),
        (q, noiseMultiplier, digits) => {
          const step = { q, noiseMultiplier };
          const delta = 10 ** -digits;
          const composed = composedEpsilon([{ ...step, steps: 1 }], delta);
          const worst = (epsilon: number) => Math.max(singleStepDelta(step, 'remove', epsilon), singleStepDelta(step, 'add', epsilon));
          expect(worst(composed)).toBeLessThanOrEqual(delta * (1 + 1e-12));
          if (composed > 0.001) expect(worst(composed * 0.995)).toBeGreaterThan(delta);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('reads the larger direction: at q = 1/2 adding a patient shows less than removing one', () => {
    const step = { q: 0.5, noiseMultiplier: 1 };
    expect(singleStepEpsilon(step, 'remove', 1e-5, 1e-4)).toBeGreaterThan(singleStepEpsilon(step, 'add', 1e-5, 1e-4));
    // Adding never shows more than −ln(1 − q).
    expect(singleStepEpsilon(step, 'add', 1e-9, 1e-4)).toBeLessThanOrEqual(Math.log(2) + 1e-4);
  });
});

describe('the Gaussian mechanism', () => {
  it('has the delta of Balle and Wang, also where e^ε overflows', () => {
    expect(gaussianDelta(1, 1)).toBeCloseTo(0.12693673750664397, 13);
    expect(gaussianEpsilon(30, 1e-5)).toBeGreaterThan(450);
    expect(gaussianDelta(60, gaussianEpsilon(60, 1e-5))).toBeLessThanOrEqual(1e-5);
    expect(gaussianEpsilon(1e-9, 1e-5)).toBe(0);
  });

  it.each([
    [1, 1e-5, 4.377178],
    [0.5, 1e-5, 1.993091],
    [2, 1e-5, 9.997256],
    [1 / 0.7, 0.001, 4.907862],
    [0.1, 1e-5, 0.340669],
  ])('of μ = %d costs at delta %d what the closed form says', (mu, delta, epsilon) => {
    expect(gaussianEpsilon(mu, delta)).toBeGreaterThanOrEqual(epsilon - 5e-7);
    expect(gaussianEpsilon(mu, delta)).toBeLessThan(epsilon + 5.1e-7);
  });
});
