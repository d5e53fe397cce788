import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coarseScoreBin, rocPairs, scoreBin, SCORE_BINS_COARSE, SCORE_BINS_FINE } from './score-bins.js';

/** Standard normal numbers of a seed. */
function normals(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

interface Scored {
  readonly logit: number;
  readonly positive: boolean;
}

/** The area of pooled predictions, by counting every pair. */
function pooledArea(patients: readonly Scored[]): number {
  const positives = patients.filter(({ positive }) => positive);
  const negatives = patients.filter(({ positive }) => !positive);
  const halves = positives.reduce(
    (sum, { logit }) => sum + negatives.reduce((own, other) => own + (logit > other.logit ? 2 : logit === other.logit ? 1 : 0), 0),
    0,
  );
  return halves / (2 * positives.length * negatives.length);
}

function histogram(patients: readonly Scored[], positive: boolean, bins: number, binOf: (logit: number) => number): bigint[] {
  const cells = new Array<bigint>(bins).fill(0n);
  for (const patient of patients) if (patient.positive === positive) cells[binOf(patient.logit)]! += 1n;
  return cells;
}

const add = (one: readonly bigint[], other: readonly bigint[]) => one.map((cell, bin) => cell + other[bin]!);

function summedArea(sites: readonly (readonly Scored[])[], bins: number, binOf: (logit: number) => number) {
  const of = (positive: boolean) => sites.map((patients) => histogram(patients, positive, bins, binOf)).reduce(add);
  const { halves, tied } = rocPairs(of(false), of(true));
  const pairs = Number(of(false).reduce((a, b) => a + b)) * Number(of(true).reduce((a, b) => a + b));
  return { area: Number(halves) / (2 * pairs), within: Number(tied) / (2 * pairs) };
}

const world = fc.record({
  seed: fc.integer({ min: 1, max: 1e9 }),
  /** From a model that has learned a little to one that is sure. */
  spread: fc.double({ min: 0.5, max: 6, noNaN: true }),
  effect: fc.double({ min: 0, max: 2.5, noNaN: true }),
  /** A rare outcome moves all logits. */
  centre: fc.double({ min: -5, max: 2, noNaN: true }),
  positives: fc.integer({ min: 40, max: 150 }),
  negatives: fc.integer({ min: 100, max: 400 }),
});

function sitesOf({ seed, spread, effect, centre, positives, negatives }: typeof world extends fc.Arbitrary<infer T> ? T : never) {
  const normal = normals(seed);
  const patients = Array.from({ length: positives + negatives }, (_, index): Scored => {
    const positive = index < positives;
    return { positive, logit: Math.fround(centre + spread * (normal() + (positive ? effect : 0))) };
  });
  // One site has positives only (field case TRN-2).
  return [
    patients.slice(0, 20),
    patients.filter((_, index) => index >= 20 && index % 2 === 0),
    patients.filter((_, index) => index >= 20 && index % 2 === 1),
  ];
}

describe('the area under the ROC curve of summed histograms', () => {
  it('is that of pooled predictions within 0.002, also where a site has one class only', () => {
    fc.assert(
      fc.property(world, (parameters) => {
        const sites = sitesOf(parameters);
        const { area, within } = summedArea(sites, SCORE_BINS_FINE, scoreBin);
        const pooled = pooledArea(sites.flat());
        expect(Math.abs(area - pooled)).toBeLessThan(0.002);
        expect(Math.abs(area - pooled)).toBeLessThanOrEqual(within + 1e-12);
      }),
      { numRuns: 300 },
    );
  });

  it('is within 0.01 of it in the coarser bins of a subgroup, whose logits spread by one or more', () => {
    fc.assert(
      fc.property(world, (parameters) => {
        const sites = sitesOf({ ...parameters, spread: Math.max(1, parameters.spread) });
        const { area } = summedArea(sites, SCORE_BINS_COARSE, coarseScoreBin);
        expect(Math.abs(area - pooledArea(sites.flat()))).toBeLessThan(0.01);
      }),
    );
  });

  it('counts patients with one score half, as an untrained model gives', () => {
    expect(rocPairs([0n, 4n], [0n, 3n])).toEqual({ halves: 12n, tied: 12n });
  });

  it('has a bin for every number, in the order of the numbers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (one, other) => {
        const [low, high] = [scoreBin(Math.min(one, other)), scoreBin(Math.max(one, other))];
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThan(SCORE_BINS_FINE);
      }),
    );
    expect([scoreBin(Number.NEGATIVE_INFINITY), scoreBin(Number.POSITIVE_INFINITY)]).toEqual([0, SCORE_BINS_FINE - 1]);
    expect(scoreBin(Number.NaN)).toBe(scoreBin(0));
  });
});
