import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MLP, smallStudy } from '../../test/small-world.js';
import { applyUpdate, decodeState, encodeState, initialState, stateDigest, type ModelState } from '../index.js';

describe('the initial state', () => {
  it('of a logistic regression is zero', () => {
    expect(initialState(smallStudy()).weights.every((weight) => weight === 0)).toBe(true);
  });

  it('of a network comes from the seed alone, the same bits everywhere', () => {
    const study = smallStudy({ inputs: 3, model: { ...MLP, hidden: [4] }, seed: 7 });
    const { weights } = initialState(study);
    // First and ninth draw, computed by a second implementation in another language.
    expect([weights[0], weights[8]]).toEqual([0.2013822210362865, 0.6529443767270992]);
    expect(stateDigest(initialState(study))).toEqual(stateDigest(initialState(study)));
    expect(stateDigest(initialState({ ...study, seed: 8 }))).not.toEqual(stateDigest(initialState(study)));
  });

  it('of a network has kernels within the Glorot limit, centred, and biases of zero', () => {
    const study = smallStudy({ inputs: 60, model: { ...MLP, hidden: [40] } });
    const { weights } = initialState(study);
    const kernel = weights.slice(0, 2400);
    const limit = Math.sqrt(6 / 100);
    expect(kernel.every((weight) => Math.abs(weight) < limit)).toBe(true);
    expect(Math.abs(kernel.reduce((sum, weight) => sum + weight, 0) / kernel.length)).toBeLessThan(0.01);
    expect(kernel.reduce((sum, weight) => sum + weight * weight, 0) / kernel.length).toBeCloseTo((limit * limit) / 3, 3);
    expect(weights.slice(2400, 2440).every((weight) => weight === 0)).toBe(true);
  });
});

describe('a saved state', () => {
  const study = smallStudy();
  const moved = () => applyUpdate(initialState(study), Float64Array.of(0.1, -0.2, 0.3, 1e-300, -0), study.algorithm);

  it('reads back bit for bit, at any offset', () => {
    const bytes = encodeState(moved());
    const shifted = Buffer.concat([Buffer.of(0), bytes]).subarray(1);
    expect(encodeState(decodeState(shifted, study))).toEqual(bytes);
  });

  it('reads back bit for bit whatever its numbers', () => {
    const vector = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(vector, vector, (weights, momentum) => {
        const state: ModelState = {
          tensors: study.derived.tensors,
          weights: Float64Array.from(weights),
          optimiser: { name: 'fedadam', momentum: Float64Array.from(momentum), variance: new Float64Array(5) },
        };
        expect(decodeState(encodeState(state), study)).toEqual(state);
      }),
    );
  });

  it('is refused when it belongs to another study', () => {
    const bytes = encodeState(moved());
    expect(() => decodeState(bytes, smallStudy({ inputs: 5 }))).toThrow(/not one of this study/);
    expect(() => decodeState(bytes, smallStudy({ algorithm: { name: 'fedyogi' } }))).toThrow(/not one of this study/);
    expect(() => decodeState(bytes.subarray(0, -1), study)).toThrow(/not one of this study/);
  });

  it('has another digest when one bit, a shape or the optimiser differs', () => {
    const digest = stateDigest(moved());
    const state = moved();
    state.weights[4] = 0 - state.weights[4]! + Number.MIN_VALUE;
    expect(stateDigest(state)).not.toEqual(digest);
    expect(stateDigest({ ...moved(), tensors: [{ name: 'layer0/kernel', shape: [5] }] })).not.toEqual(digest);
    expect(stateDigest({ ...moved(), optimiser: { name: 'fedavg' } })).not.toEqual(digest);
  });

  it('never holds a number that is not finite', () => {
    const bytes = encodeState(moved());
    bytes.writeDoubleLE(Number.NaN, bytes.length - 8);
    expect(() => decodeState(bytes, study)).toThrow(/not finite/);
    expect(() => stateDigest({ ...moved(), weights: Float64Array.of(0, Infinity, 0, 0, 0) })).toThrow(/layer0\/kernel/);
  });
});
