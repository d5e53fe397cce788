import type { Rows } from '@consilium/cohort';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HASH, MLP, SEED, smallStudy, someRows } from '../../test/small-world.js';
import {
  evaluatedPatients,
  initialState,
  localAfter,
  sharedPart,
  trainInMemory,
  trainLocally,
  trainSitesInMemory,
  wholeState,
} from '../index.js';

const LOCAL = { name: 'fedavg', rounds: 25, localSteps: 4, learningRate: 0.4 };
const studyOf = (localLayers: string[], model: object = {}) => smallStudy({ model, algorithm: { ...LOCAL, localLayers } });

/** Rows of a site whose outcome is more frequent, or less, than its inputs say. */
function shifted(rows: Rows, by: number): Rows {
  const y = Float32Array.from(rows.y, (_, row) => ((rows.x[row * 4] ?? 0) - (rows.x[row * 4 + 1] ?? 0) + by > 0 ? 1 : 0));
  return { ...rows, y };
}
const sites = [shifted(someRows(80), 1.5), shifted(someRows(80, 4, 3), -1.5), shifted(someRows(80, 4, 5), 0)];

describe('a whole state', () => {
  it('is the agreed state itself where nothing is local', () => {
    const study = studyOf([]);
    const state = initialState(study);
    expect(wholeState(study, state)).toBe(state);
    expect(localAfter(study, state, new Float64Array(5))).toBeUndefined();
  });

  it('puts shared and local values where the model has its tensors, and takes them out again', () => {
    const names = ['layer0/kernel', 'layer0/bias', 'layer1/kernel', 'layer1/bias', 'layer2/kernel', 'layer2/bias'];
    fc.assert(
      fc.property(fc.subarray(names, { minLength: 0, maxLength: 5 }), (localLayers) => {
        const study = studyOf(localLayers, MLP);
        const begun = initialState(study);
        const state = { ...begun, weights: begun.weights.map((_, i) => i + 1) };
        const count = 6 * 5 + 3 * 7 + 4 - state.weights.length;
        const local = Float64Array.from({ length: count }, (_, i) => -i - 1);
        const whole = wholeState(study, state, { local });
        expect(whole.tensors.map(({ name }) => name)).toEqual(names);
        expect(sharedPart(study, whole.weights)).toEqual(state.weights);
        expect(localAfter(study, whole, new Float64Array(whole.weights.length)) ?? new Float64Array(0)).toEqual(local);
      }),
    );
  });

  it('begins where the same model without local layers begins', () => {
    const begun = initialState(studyOf([], MLP));
    const study = studyOf(['layer1'], MLP);
    expect(wholeState(study, initialState(study)).weights).toEqual(begun.weights);
  });
});

describe('training with a local intercept', () => {
  it('moves shared and local values as training without it would in the same round', async () => {
    const [rows] = sites as [Rows];
    const [all, own] = [studyOf([]), studyOf(['layer0/bias'])];
    const whole = wholeState(own, initialState(own));
    const { update } = await trainLocally({ study: own, state: whole, rows, seed: SEED });
    expect(update).toEqual((await trainLocally({ study: all, state: initialState(all), rows, seed: SEED })).update);
    expect(sharedPart(own, update)).toHaveLength(4);
    expect(localAfter(own, whole, update)).toEqual(update.slice(4));
  });

  it('fits sites that differ in it better than one common model, and each site holds its own', async () => {
    const loss = async (study: ReturnType<typeof studyOf>) => {
      const { sites: states, state } = await trainSitesInMemory({ study, studyHash: HASH, sites });
      const losses = await Promise.all(states.map((own, i) => evaluatedPatients({ study, state: own, rows: sites[i]! })));
      const mean = losses.reduce((sum, { loss: each }) => sum + each.reduce((a, b) => a + b, 0) / each.length, 0) / 3;
      return { mean, states, state };
    };
    const common = await loss(studyOf([]));
    const own = await loss(studyOf(['layer0/bias']));
    expect(own.mean).toBeLessThan(common.mean - 0.1);
    const intercepts = own.states.map(({ weights }) => weights.at(-1)!);
    expect(intercepts[0]).toBeGreaterThan(0.5);
    expect(intercepts[1]).toBeLessThan(-0.5);
    expect(own.state.tensors.map(({ name }) => name)).toEqual(['layer0/kernel']);
    expect(own.state).toEqual(await trainInMemory({ study: studyOf(['layer0/bias']), studyHash: HASH, sites }));
  });
});
