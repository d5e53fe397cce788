import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ifAllOthersCollude } from '../events/if-all-others-collude.js';
import { PrivacyEvent } from '../events/privacy-event.js';
import { pldEpsilon } from '../pld/pld-epsilon.js';
import { rdpEpsilon } from '../rdp/rdp-epsilon.js';
import { priceEvent } from './price-event.js';
import { priceEvents } from './price-events.js';

const gaussian = (sigma: number, steps = 1): PrivacyEvent => ({ kind: 'gaussian', sigma, steps });
const sampled = (q: number, sigma: number, steps: number): PrivacyEvent => ({ kind: 'sampledGaussian', q, sigma, steps });
/** A study's steps: S = 4096, noise multiplier 2 of the target, 4 sites of which one may fail and one collude. */
const training = (over: object = {}): PrivacyEvent =>
  PrivacyEvent.parse({
    kind: 'integerGaussian',
    adjacency: 'patient',
    q: { numerator: 104_858, bits: 20 },
    V: Math.ceil((2 * 4096) ** 2 / 2),
    S: 4096,
    d: 20,
    m: 3,
    c: 1,
    steps: 150,
    ...over,
  });

describe('the price of an event', () => {
  it('is that of the Gaussian mechanism where the noise of the honest sites adds up to it', () => {
    const price = priceEvent(training(), 1e-5);
    const ideal = priceEvent(sampled(104_858 / 2 ** 20, 2, 150), 1e-5);
    expect(Number(price.rdp) / Number(ideal.rdp)).toBeCloseTo(1, 6);
    expect(Number(price.pld)).toBeGreaterThanOrEqual(Number(ideal.pld));
    expect(Number(price.pld) / Number(ideal.pld)).toBeCloseTo(1, 5);
  });

  it('of evaluations with a deviation of 10 is at most what PROTOCOL.md section 6 says, and within 3% of it', () => {
    const evaluation = (tables: number, steps: number) =>
      PrivacyEvent.parse({ kind: 'histograms', adjacency: 'patient', tables, bins: 40, V: 104, m: 2, c: 1, steps });
    const stated = [
      [1, 1, 0.38],
      [1, 10, 1.34],
      [4, 1, 0.79],
      [4, 10, 2.81],
    ] as const;
    for (const [tables, steps, epsilon] of stated) {
      expect(rdpEpsilon(evaluation(tables, steps), 1e-5)).toBeLessThan(epsilon + 0.005);
      expect(rdpEpsilon(evaluation(tables, steps), 1e-5)).toBeGreaterThan(epsilon * 0.97);
    }
  });

  it('if all others collude is that of the own share alone: 2.8 becomes 402 with twenty sites', () => {
    // Section 6: n = 20, σ = 1, c = 6, m = 14.
    const study = training({ V: Math.ceil(4096 ** 2 / 8), m: 14, c: 6, q: { numerator: 2 ** 20, bits: 20 }, steps: 1 });
    const alone = ifAllOthersCollude(study);
    expect(rdpEpsilon(alone, 1e-5)).toBeCloseTo(rdpEpsilon(gaussian(Math.sqrt(1 / 8)), 1e-5), 2);
    expect(rdpEpsilon(ifAllOthersCollude({ kind: 'composition', events: [study, study] }), 1e-5)).toBeCloseTo(
      rdpEpsilon({ kind: 'composition', events: [alone, alone] }, 1e-5),
      9,
    );
  });

  it('of a composition does not depend on order or nesting, and is never below a part', () => {
    const parts = [training(), training({ steps: 3 }), gaussian(3, 2)];
    const nested: PrivacyEvent = { kind: 'composition', events: [{ kind: 'composition', events: parts.slice(0, 2) }, parts[2]!] };
    const flat: PrivacyEvent = { kind: 'composition', events: parts.toReversed() };
    for (const epsilon of [rdpEpsilon, pldEpsilon]) {
      expect(epsilon(nested, 1e-5)).toBeCloseTo(epsilon(flat, 1e-5), 9);
      for (const part of parts) expect(epsilon(nested, 1e-5)).toBeGreaterThan(epsilon(part, 1e-5));
    }
  });

  it('of steps taken apart and put together is the same', () => {
    const whole = sampled(0.05, 1, 100);
    const apart: PrivacyEvent = { kind: 'composition', events: [sampled(0.05, 1, 60), sampled(0.05, 1, 40)] };
    expect(pldEpsilon(apart, 1e-5)).toBeCloseTo(pldEpsilon(whole, 1e-5), 10);
    // Slightly different noise is transformed by itself.
    const nearly: PrivacyEvent = { kind: 'composition', events: [sampled(0.05, 1, 60), sampled(0.05, 1.0000001, 40)] };
    expect(pldEpsilon(nearly, 1e-5)).toBeCloseTo(pldEpsilon(whole, 1e-5), 4);
  });

  it('grows with steps and q, falls with sigma and delta, and is never 0 or negative', () => {
    const base = { q: 0.02, sigma: 1.1, steps: 60, delta: 1e-6 };
    const price = (over: Partial<typeof base>) => {
      const { q, sigma, steps, delta } = { ...base, ...over };
      return [rdpEpsilon(sampled(q, sigma, steps), delta), pldEpsilon(sampled(q, sigma, steps), delta)];
    };
    const grids: [keyof typeof base, number[], 1 | -1][] = [
      ['steps', Array.from({ length: 12 }, (_, index) => 1 + index * 40), 1],
      ['q', Array.from({ length: 12 }, (_, index) => 0.0005 * 1.9 ** index), 1],
      ['sigma', Array.from({ length: 14 }, (_, index) => 0.5 * 1.6 ** index), -1],
      ['delta', Array.from({ length: 12 }, (_, index) => 1e-12 * 8 ** index), -1],
    ];
    for (const [field, values, sign] of grids) {
      const prices = values.map((value) => price({ [field]: Math.min(value, field === 'q' ? 1 : Infinity) }));
      for (let index = 1; index < prices.length; index += 1)
        for (const accountant of [0, 1]) {
          expect(prices[index]![accountant]).toBeGreaterThan(0);
          const [before, after] = [prices[index - 1]![accountant]!, prices[index]![accountant]!];
          // Where the exact epsilon is 0 both are the smallest number that is shown.
          expect(sign * (after - before), `${field} ${values[index]}`).toBeGreaterThanOrEqual(after < 1e-9 ? -1e-11 : 0);
        }
    }
  });

  it('is the word "unbounded" where no epsilon holds, never NaN', () => {
    const [price] = priceEvents({ cases: [{ kind: 'sampledGaussian', q: 0.5, sigma: 0.001, steps: 1_000_000_000, delta: 1e-15 }] });
    expect(price?.pld).toBe('unbounded');
    expect(price?.rdp === 'unbounded' || Number.isFinite(price?.rdp)).toBe(true);
  });

  it('stays an ordinary number for anything in range', () => {
    const event = fc.record({
      q: fc.oneof(fc.constant(1), fc.double({ min: 1e-6, max: 1, noNaN: true })),
      sigma: fc.double({ min: 0.3, max: 1e4, noNaN: true }),
      steps: fc.integer({ min: 1, max: 20_000 }),
      logDelta: fc.double({ min: -12, max: -1, noNaN: true }),
    });
    fc.assert(
      fc.property(event, ({ q, sigma, steps, logDelta }) => {
        const { rdp, pld } = priceEvent(sampled(q, sigma, steps), 10 ** logDelta);
        expect(Number(rdp)).toBeGreaterThan(0);
        if (pld !== 'unbounded') {
          expect(pld).toBeGreaterThan(0);
          expect(pld).toBeLessThanOrEqual(Number(rdp) * 1.002 + 1e-9);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('what cannot be priced', () => {
  const good = { kind: 'sampledGaussian', q: 0.1, sigma: 1, steps: 10, delta: 1e-5 };
  const bad: [string, object][] = [
    ['steps', { steps: 0 }],
    ['steps', { steps: 2.5 }],
    ['steps', { steps: Number.POSITIVE_INFINITY }],
    ['sigma', { sigma: Number.NaN }],
    ['sigma', { sigma: -0.5 }],
    ['q', { q: 1.0000001 }],
    ['q', { q: 0 }],
    ['delta', { delta: null }],
    ['delta', { delta: undefined }],
    ['delta', { delta: 1 }],
    ['delta', { delta: '1e-5' }],
    ['kind', { kind: 'laplace' }],
  ];
  it.each(bad)('is refused with the field named: %s in %j', (field, over) => {
    expect(() => priceEvents({ cases: [good, { ...good, ...over }] })).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID', problems: [expect.objectContaining({ path: `cases.1.${field}` })] }),
    );
  });

  it('is also an event in which colluders leave no noise, or too little of it', () => {
    expect(() => training({ c: 3 })).toThrow('c must be below m');
    expect(() => training({ V: 15 })).toThrow('Too small');
    expect(() => training({ q: { numerator: 5, bits: 2 } })).toThrow('a probability above 1');
    expect(() => training({ extra: 1 })).toThrow('Unrecognized key');
    expect(() => PrivacyEvent.parse({ kind: 'composition', events: [] })).toThrow('Too small');
    expect(PrivacyEvent.parse({ kind: 'composition', events: [{ kind: 'composition', events: [gaussian(1)] }] })).toBeTruthy();
  });
});
