import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareDeviations, ONCE_IN_A_BILLION } from '../../test/goodness-of-fit.js';
import { SystemRandomness } from '../randomness/system-randomness.js';
import { SeededRandomness } from '../simulation/seeded-randomness.js';
import type { RandomWords } from '../randomness/random-words.js';
import { decays, isBelow } from './bernoulli.js';
import { DiscreteGaussian } from './discrete-gaussian.js';
import { poissonSample } from './poisson-sample.js';
import { samplingRate } from './sampling-rate.js';

// Every statistical check below fails for a right sampler about once in 10^9 runs; the words are the system's own.
const words = new SystemRandomness();
const DRAWS = 1_000_000;

/** Probabilities of N_Z(0, V) on −reach..reach; the tails belong to the outermost two. */
function exactProbabilities(variance: number, reach: number): number[] {
  const weight = (x: number) => Math.exp((-x * x) / (2 * variance));
  const far = Math.ceil(40 * Math.sqrt(variance));
  let total = 0;
  for (let x = -far; x <= far; x += 1) total += weight(x);
  return Array.from({ length: 2 * reach + 1 }, (_, cell) => {
    const x = cell - reach;
    if (Math.abs(x) < reach) return weight(x) / total;
    let tail = 0;
    for (let y = reach; y <= far; y += 1) tail += weight(y);
    return tail / total;
  });
}

/** Words as given, then an error: what a decision reads is visible. */
const scripted = (...script: number[]) => {
  const source = { next: () => script.shift() ?? Number.NaN, left: () => script.length };
  return source as unknown as RandomWords & { left(): number };
};

describe('the discrete Gaussian', () => {
  it.each([1, 2, 16, 1_000])('of variance %i has exactly the probabilities e^(−x²/2V)/Z (chi-square, 10^6 draws)', (variance) => {
    const reach = Math.ceil(3 * Math.sqrt(variance));
    const counts = new Array<number>(2 * reach + 1).fill(0);
    const noise = new Int32Array(DRAWS);
    new DiscreteGaussian(variance).drawInto(noise, words);
    for (const x of noise) counts[Math.max(-reach, Math.min(reach, x)) + reach]! += 1;
    expect(chiSquareDeviations(counts, exactProbabilities(variance, reach))).toBeLessThan(ONCE_IN_A_BILLION);
  });

  it.each([16, 1_000_003, 2 ** 40])(
    'of variance %i has the mean, variance, skew and lag correlation of its law over 10^6 draws',
    (variance) => {
      const noise = new Int32Array(DRAWS);
      new DiscreteGaussian(variance).drawInto(noise, words);
      const sigma = Math.sqrt(variance);
      let [mean, square, cube] = [0, 0, 0];
      const lag = [0, 0, 0];
      noise.forEach((x, index) => {
        const z = x / sigma;
        mean += z / DRAWS;
        square += (z * z) / DRAWS;
        cube += (z * z * z) / DRAWS;
        for (let k = 0; k < 3; k += 1) lag[k]! += (z * (noise[index - k - 1] ?? 0)) / sigma / DRAWS;
      });
      // Standard errors of the moments of a normal variable: 1, √2, √15 and 1, over √draws. Two-sided.
      const limit = (6.11 * 1) / Math.sqrt(DRAWS);
      expect(Math.abs(mean)).toBeLessThan(limit);
      expect(Math.abs(square - 1)).toBeLessThan(limit * Math.SQRT2);
      expect(Math.abs(cube)).toBeLessThan(limit * Math.sqrt(15));
      for (const correlation of lag) expect(Math.abs(correlation)).toBeLessThan(limit);
    },
  );

  it('is drawn from the seed in simulations, and from nothing that could be repeated otherwise', () => {
    const draw = (source: RandomWords) => {
      const noise = new Int32Array(50);
      new DiscreteGaussian(10_000).drawInto(noise, source);
      return noise;
    };
    expect(draw(new SeededRandomness('a'))).toEqual(draw(new SeededRandomness('a')));
    expect(draw(new SeededRandomness('a'))).not.toEqual(draw(new SeededRandomness('b')));
    expect(draw(new SystemRandomness())).not.toEqual(draw(new SystemRandomness()));
  });

  it.each([0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 41])('refuses a variance of %d', (variance) => {
    expect(() => new DiscreteGaussian(variance)).toThrow(expect.objectContaining({ code: 'NOISE_INVALID' }));
  });
});

describe('a decision between a uniform number and a fraction', () => {
  it('is that of exact integers for any words and any fraction', () => {
    const fraction = fc
      .tuple(fc.bigInt(0n, 2n ** 90n), fc.bigInt(1n, 2n ** 90n))
      .map(([a, b]): readonly [bigint, bigint] => (a < b ? [a, b] : [b, a]));
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(
        fraction.filter(([, b]) => b > 0n),
        word,
        word,
        fc.integer({ min: -2, max: 2 }),
        ([a, b], random, second, nudge) => {
          const ratio = Number(a) / Number(b);
          // The words where a double could be in doubt, and any other.
          for (const first of [random, Math.min(2 ** 32 - 1, Math.max(0, Number((a * 2n ** 32n) / b) + nudge))]) {
            const source = scripted(first, second, 2 ** 31);
            const below = isBelow(source, ratio, () => [a, b]);
            // The uniform number lies in [prefix, prefix + 1)/2^(32·words read).
            const read = 3 - source.left();
            const prefix = [first, second, 2 ** 31].slice(0, read).reduce((sum, each) => sum * 2n ** 32n + BigInt(each), 0n);
            const scaled = a * 2n ** BigInt(32 * read);
            if (below) expect((prefix + 1n) * b <= scaled).toBe(true);
            else expect(prefix * b >= scaled).toBe(true);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('of e^−γ is true as often as e^−γ says', () => {
    const probabilities = [0, 0.25, 1].map((gamma) => [gamma, Math.exp(-gamma)] as const);
    for (const [gamma, probability] of probabilities) {
      let kept = 0;
      for (let draw = 0; draw < 200_000; draw += 1) if (decays(words, gamma, () => [BigInt(gamma * 4), 4n])) kept += 1;
      if (gamma === 0) expect(kept).toBe(200_000);
      else expect(chiSquareDeviations([kept, 200_000 - kept], [probability, 1 - probability])).toBeLessThan(ONCE_IN_A_BILLION);
    }
  });
});

describe('Poisson sampling', () => {
  it('includes each patient independently at the recorded rate: 500 patients, q = 0.1, 4,000 steps', () => {
    const rate = samplingRate(0.1);
    const steps = 4_000;
    const sizes = Array.from({ length: steps }, () => poissonSample(500, rate, words).length);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / steps;
    const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / steps;
    // Binomial: mean 50, variance 45; their standard errors are √(45/steps) and 45·√(2/steps). Once in 10^9.
    expect(Math.abs(mean - 50)).toBeLessThan(6.11 * Math.sqrt(45 / steps));
    expect(Math.abs(variance - 45)).toBeLessThan(6.11 * 45 * Math.sqrt(2 / steps));
  });

  it('often takes nobody from a small cohort, and is another one each time', () => {
    const batches = Array.from({ length: 2_000 }, () => poissonSample(50, samplingRate(0.02), words));
    const empty = batches.filter((batch) => batch.length === 0).length;
    const probability = (1 - samplingRate(0.02).numerator / 2 ** 20) ** 50;
    expect(chiSquareDeviations([empty, 2_000 - empty], [probability, 1 - probability])).toBeLessThan(ONCE_IN_A_BILLION);
    expect(poissonSample(500, samplingRate(0.5), words)).not.toEqual(poissonSample(500, samplingRate(0.5), words));
  });

  it('takes everybody at rate 1, in order', () => {
    expect(Array.from(poissonSample(5, samplingRate(1), words))).toEqual([0, 1, 2, 3, 4]);
    expect(Array.from(poissonSample(3, { numerator: 1, bits: 0 }, words))).toEqual([0, 1, 2]);
  });

  it('rounds a rate up to 2^-20, never down to nobody', () => {
    expect(samplingRate(0.1)).toEqual({ numerator: 104_858, bits: 20 });
    expect(samplingRate(1e-12)).toEqual({ numerator: 1, bits: 20 });
  });

  it.each([0, -0.1, 1.0000001, Number.NaN, Number.POSITIVE_INFINITY])('refuses a rate of %d', (rate) => {
    expect(() => samplingRate(rate)).toThrow(expect.objectContaining({ code: 'SAMPLING_INVALID' }));
  });

  it.each([
    { numerator: 0, bits: 20 },
    { numerator: 2 ** 20 + 1, bits: 20 },
    { numerator: 1.5, bits: 20 },
    { numerator: 1, bits: 33 },
    { numerator: Number.NaN, bits: 20 },
  ])('refuses to draw at $numerator/2^$bits', (rate) => {
    expect(() => poissonSample(3, rate, words)).toThrow(expect.objectContaining({ code: 'SAMPLING_INVALID' }));
  });
});
