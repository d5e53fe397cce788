import { describe, expect, it } from 'vitest';
import { HASH, MLP, SEED, smallStudy, someRows } from '../../test/small-world.js';
import {
  concatenateRows,
  decodeState,
  encodeState,
  evaluatedPatients,
  initialState,
  keptCount,
  PhysicalBatch,
  siteStep,
  trainInMemory,
  trainSitesInMemory,
  wholeState,
  type ModelState,
} from '../index.js';
import { applyUpdate } from './apply-update.js';
import { serverControl } from './scaffold.js';
import { weightedMean } from './weighted-mean.js';

const LOCAL = { rounds: 6, localSteps: 5, learningRate: 0.3, updateRange: 100 };
const studyOf = (algorithm: object = {}, model: object = {}) =>
  smallStudy({ model: { l2: 0.01, ...model }, algorithm: { name: 'scaffold', ...LOCAL, ...algorithm } });
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

/** Sites that differ: each knows one half of the first input. */
const half = (sign: number, start: number) => {
  const rows = someRows(60, 4, start);
  return {
    ...rows,
    x: rows.x.map((value, i) => (i % 4 === 0 ? Math.abs(value) * sign : value)),
    y: rows.y.map((y, row) => (row % 3 === 0 ? (sign > 0 ? 1 : 0) : y)),
  };
};
const sites = [half(1, 3), half(-1, 5), someRows(30, 4, 9)];

describe('SCAFFOLD', () => {
  it('with one local step and all sites is pooled gradient descent', async () => {
    const one = studyOf({ localSteps: 1, rounds: 8 });
    const pooled = smallStudy({ model: { l2: 0.01 }, algorithm: { name: 'fedavg', ...LOCAL, localSteps: 1, rounds: 8 } });
    const found = await trainInMemory({ study: one, studyHash: HASH, sites });
    const expected = await trainInMemory({ study: pooled, studyHash: HASH, sites: [concatenateRows(sites)] });
    expect(worst(found.weights, expected.weights)).toBeLessThan(1e-5);
    expect(worst(found.weights, new Float64Array(5))).toBeGreaterThan(0.1);
  });

  it('keeps c the mean of the sites’ controls by their weights', async () => {
    const study = studyOf();
    let state = initialState(study);
    const locals: (Float64Array | undefined)[] = sites.map(() => undefined);
    for (let round = 0; round < 3; round += 1) {
      const updates = [];
      for (const [i, rows] of sites.entries()) {
        const { update, local } = await siteStep({ study, state, local: locals[i], rows, seed: SEED });
        expect(update).toHaveLength(10);
        expect(local).toHaveLength(keptCount(study));
        locals[i] = local;
        updates.push({ update, weight: rows.patientCount });
      }
      state = applyUpdate(state, weightedMean(updates, 100), study.algorithm);
      const mean = weightedMean(
        sites.map(({ patientCount }, i) => ({ update: locals[i]!, weight: patientCount })),
        1e9,
      );
      expect(worst(serverControl(state)!, mean)).toBeLessThan(1e-12);
    }
    expect(worst(serverControl(state)!, new Float64Array(5))).toBeGreaterThan(0.001);
  });

  it('comes nearer to the pooled model than FedAvg where sites differ and take many steps', async () => {
    const many = { localSteps: 25, rounds: 25 };
    const loss = async (state: ModelState) => {
      const study = studyOf(many);
      const { loss: each } = await evaluatedPatients({ study, state: { ...state }, rows: concatenateRows(sites) });
      return each.reduce((a, b) => a + b, 0) / each.length;
    };
    const fedavg = smallStudy({ model: { l2: 0.01 }, algorithm: { name: 'fedavg', ...LOCAL, ...many } });
    const pooled = await trainInMemory({ study: fedavg, studyHash: HASH, sites: [concatenateRows(sites)] });
    const averaged = await trainInMemory({ study: fedavg, studyHash: HASH, sites });
    const corrected = await trainInMemory({ study: studyOf(many), studyHash: HASH, sites });
    expect(worst(corrected.weights, pooled.weights)).toBeLessThan(worst(averaged.weights, pooled.weights) / 10);
    expect(await loss(corrected)).toBeCloseTo(await loss(pooled), 4);
  });

  it('is the same with each batch in parts', async () => {
    const study = studyOf({}, MLP);
    const first = await siteStep({ study, state: initialState(study), rows: sites[0]!, seed: SEED });
    const training = { study, state: initialState(study), local: first.local, rows: sites[0]!, seed: SEED };
    const physical = new PhysicalBatch();
    physical.halve(16);
    const [whole, parted] = [await siteStep(training), await siteStep({ ...training, physical })];
    expect(worst(whole.update, parted.update)).toBeLessThan(1e-5);
    expect(worst(whole.update, first.update)).toBeGreaterThan(1e-3);
  });

  it('keeps control and local tensors apart, and reads its state back bit for bit', async () => {
    const study = studyOf({ localLayers: ['layer0/bias'] });
    expect(keptCount(study)).toBe(1 + 4);
    const { state, sites: ends } = await trainSitesInMemory({ study, studyHash: HASH, sites, rounds: 3 });
    expect(serverControl(state)).toHaveLength(4);
    expect(decodeState(encodeState(state), study)).toEqual(state);
    expect(new Set(ends.map(({ weights }) => weights.at(-1))).size).toBe(3);
    expect(ends[0]!.weights.subarray(0, 4)).toEqual(state.weights);
    expect(wholeState(study, state).weights.at(-1)).toBe(0);
  });

  it('takes a site that was away as one whose control did not change', () => {
    const study = studyOf();
    const update = Float64Array.of(0, 0, 0, 0, 0, 3, 0, 0, 0, 0);
    const all = applyUpdate(initialState(study), update, study.algorithm);
    const third = applyUpdate(initialState(study), update, study.algorithm, 1 / 3);
    expect(serverControl(all)![0]).toBe(3 / (5 * 0.3));
    expect(serverControl(third)![0]).toBeCloseTo(1 / (5 * 0.3), 12);
    expect(() => applyUpdate(initialState(study), new Float64Array(5), study.algorithm)).toThrow(/does not fit/);
  });
});
