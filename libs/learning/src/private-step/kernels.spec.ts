import { normRule } from '@consilium/privacy/mechanism';
import { smallStudy } from '../../test/small-world.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LearningStudy } from '../index.js';
import { Workspace } from './kernels.js';
import { NearestVectors } from './nearest-vectors.js';
import { PrivateNetwork } from './private-network.js';

const networkOf = (workspace: Workspace, { derived, cohort }: LearningStudy) =>
  new PrivateNetwork(workspace, derived.layers, cohort.outcome);
const exactSquares = (vector: Iterable<number>) => [...vector].reduce((sum, z) => sum + BigInt(z) * BigInt(z), 0n);

describe('the check of a norm', () => {
  it('is the exact sum of squares of any integers', () => {
    const workspace = new Workspace();
    const at = workspace.room(2 * 800);
    const vectors = fc.array(fc.oneof(fc.integer({ min: -32_768, max: 32_767 }), fc.constantFrom(-32_768, 32_767)), { maxLength: 800 });
    fc.assert(
      fc.property(vectors, (values) => {
        const count = Math.ceil(values.length / 8) * 8;
        const z = workspace.integers(at, count).fill(0);
        z.set(values);
        expect(BigInt(workspace.kernels.integerSquares(at, count))).toBe(exactSquares(z));
      }),
    );
  });

  it('does not overflow where every one of ten million integers is the largest', () => {
    const workspace = new Workspace();
    const at = workspace.room(2e7);
    workspace.integers(at, 1e7).fill(-32_768);
    // 2^30 · 10^7 is above 2^53: only near, and far above any S².
    expect(workspace.kernels.integerSquares(at, 8e6)).toBe(8e6 * 2 ** 30);
    expect(workspace.kernels.integerSquares(at, 1e7)).toBeCloseTo(1e7 * 2 ** 30, -4);
  });
});

describe("a patient's integers", () => {
  const workspace = new Workspace();
  const network = networkOf(workspace, smallStudy({ inputs: 20 }));
  const anyFloat = fc.oneof(fc.float(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 3e38, -3e38, 1e-45, 1e10, -1e10));

  it('have a norm of at most S, whatever floats the gradient holds', () => {
    fc.assert(
      fc.property(fc.array(anyFloat, { maxLength: 21 }), fc.integer({ min: 19, max: 2 ** 14 }), (values, normBound) => {
        const vectors = new NearestVectors(workspace, network, normRule(21, 1, normBound));
        workspace.floats(vectors.mean, network.length).fill(0).set(values);
        vectors.takeMean();
        expect(exactSquares(vectors.finish())).toBeLessThanOrEqual(BigInt(normBound) ** 2n);
      }),
      { numRuns: 500 },
    );
  });

  it('have one of at most S even where the norm that the clip goes by is a lie', () => {
    const lies = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e-300, Number.NaN, Number.POSITIVE_INFINITY));
    const record = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(record, lies, fc.integer({ min: 19, max: 2 ** 14 }), (x, lie, normBound) => {
        const vectors = new NearestVectors(workspace, network, normRule(21, 1, normBound));
        network.run({ x: Float32Array.from(x), y: Float32Array.of(1) }, Uint32Array.of(0));
        vectors.takeRecord(0, lie);
        expect(exactSquares(vectors.finish())).toBeLessThanOrEqual(BigInt(normBound) ** 2n);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a gradient that overflows as it is rounded', () => {
  it('is nobody, whatever the bits of what is not a number', () => {
    const workspace = new Workspace();
    const model = { type: 'multilayer-perceptron', hidden: [8], activation: 'relu' };
    const network = networkOf(workspace, smallStudy({ inputs: 20, model }));
    const vectors = new NearestVectors(workspace, network, normRule(177, 1, 2 ** 14));
    // All hidden units rest, so that their slopes are 0 and the norm is small; the scale makes 3e38 infinite, beside those zeros.
    network.load(new Float64Array(177).fill(-1));
    const [squares = Number.NaN] = network.run({ x: new Float32Array(20).fill(3e38), y: Float32Array.of(1) }, Uint32Array.of(0));
    expect(squares).toBeLessThan(1);
    expect(vectors.takeRecord(0, squares)).toBe('zeroed');
    expect(Math.max(...vectors.finish().map(Math.abs))).toBe(0);
  });
});

describe('a workspace', () => {
  it('that has no room refuses with RESOURCES, and what was in it stays', () => {
    const workspace = new Workspace();
    const at = workspace.room(16);
    workspace.floats(at, 1)[0] = 7;
    expect(() => workspace.room(2 ** 33)).toThrow(
      expect.objectContaining({ code: 'RESOURCES', refusal: { code: 'RESOURCES', fields: { what: 'memory' } } }),
    );
    expect(workspace.floats(at, 1)[0]).toBe(7);
  });
});

describe('the hyperbolic tangent', () => {
  const workspace = new Workspace();
  const at = workspace.room(4 * 200_004);
  const tanh = (values: Float32Array) => {
    const count = Math.ceil(values.length / 4) * 4;
    workspace.floats(at, count).set(values);
    workspace.kernels.tanh(at, count);
    return workspace.floats(at, values.length).slice();
  };

  it('is within 4e-7 of the true value, odd and never beyond 1', () => {
    const values = Float32Array.from({ length: 200_001 }, (_, index) => (index - 100_000) / 8_000);
    const found = tanh(values);
    const furthest = found.reduce((most, value, index) => Math.max(most, Math.abs(value - Math.tanh(values[index]!))), 0);
    expect(furthest).toBeLessThan(4e-7);
    expect(found.every((value, index) => value === -found.at(-1 - index)!)).toBe(true);
    expect(found[0]).toBeGreaterThanOrEqual(-1);
    expect([...tanh(Float32Array.of(1e38, Number.POSITIVE_INFINITY, 1e-40, Number.NaN))]).toEqual([
      expect.closeTo(1, 6),
      expect.closeTo(1, 6),
      expect.closeTo(0, 6),
      Number.NaN,
    ]);
  });
});
