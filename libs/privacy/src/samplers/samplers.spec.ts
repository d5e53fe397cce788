import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareDeviations, ONCE_IN_A_BILLION } from '../../test/goodness-of-fit.js';
import { SystemRandomness } from '../randomness/system-randomness.js';
import { SeededRandomness } from '../simulation/seeded-randomness.js';
import type { RandomWords } from '../randomness/random-words.js';
import { isBelow } from './bernoulli.js';
import { decayWithin, isBelowDecay } from './decay.js';
import { DiscreteGaussian } from './discrete-gaussian.js';
import { gaussianEnvelope } from './gaussian-envelope.js';
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
  it.each([1, 2, 16, 1_000, 40_000])('of variance %i has exactly the probabilities e^(−x²/2V)/Z (chi-square, 10^6 draws)', (variance) => {
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
});

/** 2^precision · e^−γ by another way than the product's: one over the sum of positive terms. */
function decayByReciprocal([numerator, denominator]: readonly [bigint, bigint], precision: bigint): bigint {
  const digits = precision + 200n;
  let term = 1n << digits;
  let sum = 0n;
  for (let k = 1n; term > 0n; k += 1n) {
    sum += term;
    term = (term * numerator) / (denominator * k);
  }
  return (1n << (digits + precision)) / sum;
}

describe('a decision between a uniform number and factor·e^−γ', () => {
  // γ from 0 to 100.
  const exponent = fc
    .tuple(fc.bigInt(1n, 2n ** 41n), fc.bigInt(0n, 100_000n))
    .map(([denominator, thousandths]): readonly [bigint, bigint] => [(denominator * thousandths) / 1_000n, denominator]);

  it('rests on integers that enclose e^−γ closely', () => {
    fc.assert(
      fc.property(exponent, fc.constantFrom(96n, 128n, 300n), (gamma, precision) => {
        const { low, high } = decayWithin(gamma, precision);
        const expected = decayByReciprocal(gamma, precision);
        expect(low <= expected && expected <= high).toBe(true);
        expect(high - low).toBeLessThanOrEqual(3n);
      }),
      { numRuns: 300 },
    );
  });

  it('is that of exact numbers for any words, also where a double is in doubt', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(exponent, word, word, word, fc.integer({ min: -2, max: 2 }), (gamma, random, second, third, nudge) => {
        const near = Math.exp(-Number(gamma[0]) / Number(gamma[1]));
        const edge = Math.min(2 ** 32 - 1, Math.max(0, Math.floor(near * 2 ** 32) + nudge));
        for (const first of [random, edge]) {
          const source = scripted(second, third, 2 ** 31);
          const below = isBelowDecay(first, source, near, () => ({ factor: [1n, 1n], exponent: gamma }));
          const read = 3 - source.left();
          const prefix = [first, second, third, 2 ** 31].slice(0, read + 1).reduce((sum, each) => sum * 2n ** 32n + BigInt(each), 0n);
          const bits = BigInt(32 * (read + 1));
          const exact = decayByReciprocal(gamma, bits + 100n);
          if (below) expect((prefix + 1n) << 100n <= exact + 1n).toBe(true);
          else expect(prefix << 100n >= exact - 1n).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is left to the integers where the double is of no use', () => {
    const script = () => scripted(5);
    expect(isBelowDecay(2 ** 31, script(), Number.NaN, () => ({ factor: [3n, 4n], exponent: [0n, 1n] }))).toBe(true);
    expect(isBelowDecay(2 ** 31 * 1.5, script(), Number.NaN, () => ({ factor: [3n, 4n], exponent: [0n, 1n] }))).toBe(false);
    expect(isBelowDecay(2 ** 32 - 1, script(), 1, () => ({ factor: [1n, 1n], exponent: [0n, 1n] }))).toBe(true);
  });

  it('is true as often as e^−γ says', () => {
    for (const gamma of [0, 0.25, 1, 3]) {
      let kept = 0;
      const exact = () => ({ factor: [1n, 1n], exponent: [BigInt(gamma * 4), 4n] }) as const;
      for (let draw = 0; draw < 200_000; draw += 1) if (isBelowDecay(words.next(), words, Math.exp(-gamma), exact)) kept += 1;
      if (gamma === 0) expect(kept).toBe(200_000);
      else expect(chiSquareDeviations([kept, 200_000 - kept], [Math.exp(-gamma), 1 - Math.exp(-gamma)])).toBeLessThan(ONCE_IN_A_BILLION);
    }
  });
});

describe.each([1, 2, 16, 255, 256, 257, 1_000, 1_000_003, 2 ** 20, 2 ** 39 + 1, 2 ** 40])('the steps over a variance of %i', (variance) => {
  const { width, heights, ends, total, shares } = gaussianEnvelope(variance);
  const unit = BigInt(heights[0]!);
  const gammaAt = (x: number): readonly [bigint, bigint] => [BigInt(x) ** 2n, 2n * BigInt(variance)];

  it('lie nowhere below the law, and their sure shares nowhere above, in exact integers', () => {
    for (const [block, height] of heights.entries()) {
      expect(unit * decayWithin(gammaAt(block * width), 96n).high <= BigInt(height) << 96n).toBe(true);
      const last = decayWithin(gammaAt((block + 1) * width - 1), 96n);
      expect(BigInt(shares[block]!) * BigInt(height) * 2n ** 64n <= unit * last.low).toBe(true);
    }
  });

  it('halve in the tail, more slowly than the law', () => {
    const blocks = BigInt(heights.length);
    expect(unit * decayWithin(gammaAt(heights.length * width), 96n).high <= 1n << 96n).toBe(true);
    // From block k on, k ≥ K: at most e^−(2k+1)w²/2V ≤ e^−Kw²/V of the one before.
    expect(decayWithin([blocks * BigInt(width) ** 2n, BigInt(variance)], 96n).high <= 1n << 95n).toBe(true);
  });

  it('are whole numbers that one word chooses from, with little left over', () => {
    expect(heights.every((height) => Number.isInteger(height) && height >= 1)).toBe(true);
    expect(Array.from(ends)).toEqual(Array.from(heights, (_, block) => heights.slice(0, block + 1).reduce((a, b) => a + b, 0)));
    expect(total).toBe(ends.at(-1)! + 2);
    expect(total).toBeLessThanOrEqual(2 ** 32);
    expect(total).toBeGreaterThan(0.999 * 2 ** 32);
    expect(width).toBe(2 ** Math.round(Math.log2(width)));
    expect(width).toBeLessThanOrEqual(2 ** 17);
  });

  it('are drawn from, tail and all', () => {
    const gaussian = new DiscreteGaussian(variance);
    const [stop, halve] = [2 ** 32 - 1, 0];
    // A uniform number below any share: zeros as far as it is looked at.
    const keep = new Array<number>(8).fill(0);
    // The last two words of the total are the tail; then two halvings, the last place of the block, kept.
    expect(gaussian.draw(scripted(total - 1, halve, halve, stop, width - 1, ...keep))).toBe((heights.length + 3) * width - 1);
    expect(gaussian.draw(scripted(total - 2, stop, 2 ** 31, ...keep))).toBe(-heights.length * width);
    // Beyond the total nothing is chosen; of the two zeros the negative one is dropped.
    if (total < 2 ** 32) expect(gaussian.draw(scripted(total, 0, 0, ...keep))).toBe(0);
    expect(gaussian.draw(scripted(0, 2 ** 31, 0, width - 1, ...keep))).toBe(width - 1);
    expect(gaussian.draw(scripted(ends[0]!, 2 ** 31, ...keep))).toBe(-width);
    if (width > 1) expect(gaussian.draw(scripted(ends[0]! - 1, 2 ** 31 + width - 1, ...keep))).toBe(1 - width);
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
