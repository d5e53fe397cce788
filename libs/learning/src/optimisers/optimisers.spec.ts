import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallStudy } from '../../test/small-world.js';
import { applyUpdate, initialState, stateDigest, type ModelState } from '../index.js';
import { weightedMean } from './weighted-mean.js';

const NAMES = ['fedavg', 'fedadam', 'fedyogi'] as const;
const studyOf = (name: string) => smallStudy({ algorithm: { name, serverLearningRate: 0.1 } });

/** Seven rounds of exact, made-up updates from made-up weights. */
function afterSevenRounds(name: (typeof NAMES)[number]): ModelState {
  const study = studyOf(name);
  let state: ModelState = { ...initialState(study), weights: Float64Array.of(0.5, -1.25, 0, 3, -0.0078125) };
  for (let round = 1; round <= 7; round += 1)
    state = applyUpdate(
      state,
      Float64Array.from({ length: 5 }, (_, i) => (((round * 7 + i * 13) % 11) - 5) / 64),
      study.algorithm,
    );
  return state;
}

describe('server optimisers', () => {
  // Computed by a second implementation in another language (Python 3, binary64), from the paper's Algorithm 2.
  it.each([
    ['fedavg', '2fdb539233a67aa7c6e59d9fcc55b262995eb72f12552e53433110c274ddb6bb'],
    ['fedadam', 'dbc21e6645f38e7255e7e1894e1772724b88ddf745b4d4070e2cbe08ed7417dd'],
    ['fedyogi', 'c49b5eef735d365d19dec1d12502baf2f0b179e31e6eef507599d4ab70f40e21'],
  ] as const)('%s reaches the same bits as an independent implementation', (name, digest) => {
    expect(stateDigest(afterSevenRounds(name)).toString('hex')).toBe(digest);
  });

  it.each(NAMES)('%s moves each weight the way the sites moved it', (name) => {
    const study = studyOf(name);
    const before = initialState(study);
    const update = Float64Array.of(0.1, -0.1, 0.02, -0.02, 0);
    const { weights } = applyUpdate(before, update, study.algorithm);
    expect(Array.from(weights, Math.sign)).toEqual([1, -1, 1, -1, 0]);
    expect(Array.from(before.weights)).toEqual([0, 0, 0, 0, 0]);
  });

  it('FedAvg at rate 1 gives the weighted mean of the local models', () => {
    const study = smallStudy({ algorithm: { name: 'fedavg' } });
    const mean = weightedMean(
      [
        { update: Float64Array.of(1, 0, 0, 0, -0.5), weight: 1 },
        { update: Float64Array.of(0, 1, 0, 0, 0.5), weight: 3 },
      ],
      1,
    );
    expect(Array.from(applyUpdate(initialState(study), mean, study.algorithm).weights)).toEqual([0.25, 0.75, 0, 0, 0.25]);
  });

  it('FedAdam, whatever the updates, takes its first step as written in the paper', () => {
    const finite = fc.double({ min: -1, max: 1, noNaN: true });
    const study = studyOf('fedadam');
    fc.assert(
      fc.property(fc.array(finite, { minLength: 5, maxLength: 5 }), (update) => {
        const { weights } = applyUpdate(initialState(study), Float64Array.from(update), study.algorithm);
        for (const [i, delta] of update.entries()) {
          const m = (1 - 0.9) * delta;
          const v = 0.99 * (0.001 * 0.001) + (1 - 0.99) * (delta * delta);
          expect(weights[i]).toBe(0 + (0.1 * m) / (Math.sqrt(v) + 0.001));
        }
      }),
    );
  });

  it('FedYogi keeps its second moment at or above 0, and lets it shrink by what a small update is worth only', () => {
    const study = studyOf('fedyogi');
    let state = applyUpdate(initialState(study), new Float64Array(5).fill(1), study.algorithm);
    const high = 'variance' in state.optimiser ? state.optimiser.variance[0]! : 0;
    state = applyUpdate(state, new Float64Array(5).fill(0.01), study.algorithm);
    const lower = 'variance' in state.optimiser ? state.optimiser.variance[0]! : 0;
    expect(lower).toBe(high - (1 - 0.99) * (0.01 * 0.01));
    expect(lower).toBeGreaterThan(0);
  });

  it('refuses an update that is not finite, naming the tensor', () => {
    const study = studyOf('fedadam');
    const update = Float64Array.of(0, 0, 0, 0, Number.NaN);
    expect(() => applyUpdate(initialState(study), update, study.algorithm)).toThrow(
      expect.objectContaining({ code: 'NOT_FINITE', refusal: { code: 'NOT_FINITE', fields: { tensor: 'layer0/bias', step: '0' } } }),
    );
  });

  it('refuses an update of another length, or for another optimiser', () => {
    const study = studyOf('fedadam');
    expect(() => applyUpdate(initialState(study), new Float64Array(4), study.algorithm)).toThrow(/does not fit/);
    expect(() => applyUpdate(initialState(study), new Float64Array(5), studyOf('fedyogi').algorithm)).toThrow(/does not fit/);
  });

  it('clamps a value beyond the range before it counts', () => {
    expect(Array.from(weightedMean([{ update: Float64Array.of(5, -5, 0.5), weight: 2 }], 1))).toEqual([1, -1, 0.5]);
  });
});
