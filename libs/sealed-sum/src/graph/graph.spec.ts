import { MASK_RULES, thresholds } from '@consilium/protocol';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { upperTail, type Fraction } from './hypergeometric.js';
import { fewestInTwoStretches, maskGraph, ringGraph } from './mask-graph.js';
import { pairsOfStretches, ringPlan } from './ring-plan.js';
import { seededOrder } from './seeded-order.js';

/** All subsets of `size` of 0..n−1. */
function* subsets(n: number, size: number, first = 0): Generator<number[]> {
  if (size === 0) return yield [];
  for (let next = first; next <= n - size; next++) for (const rest of subsets(n, size - 1, next + 1)) yield [next, ...rest];
}
const inOrder = (n: number) => Array.from({ length: n }, (_, index) => index);
const valueOf = ({ numerator, denominator }: Fraction) => Number((numerator << 200n) / denominator) / 2 ** 200;
const ring = (n: number, reach: number) => ringGraph(inOrder(n), { reach, threshold: 2, fewestInGaps: 0 });

function connected(members: ReadonlySet<number>, neighbours: (site: number) => readonly number[]): boolean {
  const [start] = members;
  const reached = new Set(start === undefined ? [] : [start]);
  for (const site of reached) for (const next of neighbours(site)) if (members.has(next)) reached.add(next);
  return reached.size === members.size;
}

describe('hypergeometric tails', () => {
  it('are those of counting every draw', () => {
    for (const [population, marked, draws] of [
      [7, 3, 4],
      [9, 4, 4],
      [10, 2, 6],
      [6, 6, 3],
      [8, 0, 3],
    ] as const) {
      const hits = [...subsets(population, draws)].map((drawn) => drawn.filter((index) => index < marked).length);
      for (let atLeast = 0; atLeast <= draws + 1; atLeast++) {
        const { numerator, denominator } = upperTail(population, marked, draws, atLeast);
        expect([numerator, denominator]).toEqual([BigInt(hits.filter((count) => count >= atLeast).length), BigInt(hits.length)]);
      }
    }
  });
});

describe('a ring', () => {
  it('lies in an order that everybody derives from the seed, and that another seed changes', () => {
    const seed = Buffer.alloc(32, 7);
    expect(seededOrder(12, seed)).toEqual(seededOrder(12, seed));
    expect(seededOrder(200, seed).toSorted((a, b) => a - b)).toEqual(inOrder(200));
    expect(seededOrder(200, seed)).not.toEqual(seededOrder(200, Buffer.alloc(32, 8)));
  });

  it('puts every site at every place about equally often', () => {
    const counts = Array.from({ length: 5 }, () => new Array<number>(5).fill(0));
    for (let run = 0; run < 2000; run++) seededOrder(5, randomBytes(32)).forEach((site, place) => counts[site]![place]!++);
    // Each is 400 with a deviation of 18.
    for (const count of counts.flat()) expect(Math.abs(count - 400)).toBeLessThan(110);
  });

  it('has neighbours on both sides, mutually, as many for each', () => {
    const graph = ringGraph(seededOrder(20, randomBytes(32)), { reach: 3, threshold: 2, fewestInGaps: 0 });
    for (const site of inOrder(20)) {
      expect(graph.neighbours(site)).toHaveLength(graph.degree);
      for (const peer of graph.neighbours(site)) expect(graph.neighbours(peer)).toContain(site);
    }
    expect(() => graph.neighbours(20)).toThrow(RangeError);
  });

  it('keeps any honest contributors connected when no two stretches have fewer of them than colluders, counted out', () => {
    const [n, reach] = [10, 2];
    const { neighbours } = ring(n, reach);
    let refused = 0;
    let fellApart = 0;
    for (let bits = 1; bits < 2 ** n; bits++) {
      const contributors = new Set(inOrder(n).filter((site) => (bits >> site) & 1));
      const fewest = fewestInTwoStretches(inOrder(n), contributors, reach);
      for (const colluders of [...subsets(n, 1), ...subsets(n, 2)]) {
        const honest = new Set([...contributors].filter((site) => !colluders.includes(site)));
        const holdsTogether = connected(honest, neighbours);
        // With fewer colluders than the emptiest stretches have contributors nothing may fall apart.
        if (fewest > colluders.length) expect(holdsTogether).toBe(true);
        else refused++;
        if (!holdsTogether) fellApart++;
      }
    }
    // The rule refuses something, and without it something would be read.
    expect(refused).toBeGreaterThan(fellApart);
    expect(fellApart).toBeGreaterThan(100);
  });

  it('fails with a probability below its union bounds, counted out over all placements of the colluders', () => {
    for (const [n, reach, c] of [
      [9, 2, 3],
      [11, 2, 4],
      [10, 3, 3],
    ] as const) {
      const { neighbours } = ring(n, reach);
      const placements = [...subsets(n, c)];
      for (let least = 1; least <= 2 * reach; least++) {
        const surrounded = placements.filter((colluders) =>
          inOrder(n).some(
            (site) => !colluders.includes(site) && neighbours(site).filter((peer) => colluders.includes(peer)).length >= least,
          ),
        );
        const bound = (n - c) * valueOf(upperTail(n - 1, c, 2 * reach, least));
        expect(surrounded.length / placements.length).toBeLessThanOrEqual(bound + 1e-12);
        const stretches = inOrder(n).map((from) => inOrder(reach).map((step) => (from + step) % n));
        const pairs = stretches.flatMap((one, index) =>
          stretches.slice(index + 1).flatMap((other) => (other.some((place) => one.includes(place)) ? [] : [[...one, ...other]])),
        );
        expect(pairs).toHaveLength(pairsOfStretches(n, reach));
        const held = placements.filter((colluders) =>
          pairs.some((places) => places.filter((place) => colluders.includes(place)).length >= least),
        );
        expect(held.length / placements.length).toBeLessThanOrEqual(pairs.length * valueOf(upperTail(n, c, 2 * reach, least)) + 1e-12);
      }
    }
  });
});

describe('the mask graph of a study', () => {
  it('is complete up to 150 sites, with the threshold of the study', () => {
    const graph = maskGraph({ sites: 150, colluders: 49, threshold: 100, seed: randomBytes(32), rules: MASK_RULES });
    expect(graph.degree).toBe(149);
    expect(graph.threshold).toBe(100);
    expect(graph.neighbours(7)).toEqual(inOrder(150).filter((site) => site !== 7));
    expect(graph.keepsTogether(new Set([1, 2, 3]))).toBe(true);
  });

  it('is sparser beyond, and fails in secrecy and in correctness below 2^−40 at every size', () => {
    for (let n = MASK_RULES.completeUpTo + 1; n <= 372; n += 17) {
      const { c } = thresholds(n);
      const { reach, threshold, fewestInGaps } = ringPlan(n, c, 40);
      const [degree, missing, pairs] = [2 * reach, Math.floor(n / 5), pairsOfStretches(n, reach)];
      const secrecy = (n - c) * valueOf(upperTail(n - 1, c, degree, threshold)) + pairs * valueOf(upperTail(n, c, degree, fewestInGaps));
      const correctness =
        n * valueOf(upperTail(n - 1, missing, degree, degree - threshold + 1)) +
        pairs * valueOf(upperTail(n, missing, degree, degree - fewestInGaps + 1));
      expect(secrecy).toBeLessThanOrEqual(2 ** -40);
      expect(correctness).toBeLessThanOrEqual(2 ** -40);
      expect(degree).toBeLessThan(0.6 * n);
    }
  });

  it('passes lists with a random fifth missing, and refuses one from which a site’s whole neighbourhood was dropped', () => {
    const { c, t } = thresholds(300);
    const graph = maskGraph({ sites: 300, colluders: c, threshold: t, seed: randomBytes(32), rules: MASK_RULES });
    fc.assert(
      fc.property(fc.shuffledSubarray(inOrder(300), { minLength: 240, maxLength: 240 }), (present) =>
        graph.keepsTogether(new Set(present)),
      ),
      { numRuns: 50 },
    );
    const isolated = new Set(inOrder(300));
    // As many as the study's minSites would let the coordinator drop.
    for (const neighbour of graph.neighbours(5).slice(0, 300 - t)) isolated.delete(neighbour);
    expect(isolated.size).toBeGreaterThanOrEqual(t);
    expect(graph.keepsTogether(isolated)).toBe(false);
  });

  it('is refused where so many collude that no ring is safe', () => {
    expect(() => ringPlan(200, 160, 40)).toThrow(expect.objectContaining({ code: 'MASK_GRAPH' }));
  });
});
