import type { Rows } from '@consilium/cohort';
import { describe, expect, it } from 'vitest';
import { HASH, SEED, smallStudy, someRows } from '../../test/small-world.js';
import { accuracy, fineTuned, initialState, trainInMemory, trainLocally, trainSitesInMemory } from '../index.js';

const ROUNDS = { name: 'fedavg', rounds: 15, localSteps: 4, learningRate: 0.4 };
const studyOf = (fineTune?: object, more: object = {}) =>
  smallStudy({ algorithm: { ...ROUNDS, ...(fineTune ? { fineTune } : {}), ...more } });

/** A site where the first column says the opposite. */
function turned(rows: Rows): Rows {
  const x = rows.x.map((value, place) => (place % 4 === 0 ? -value : value));
  return { ...rows, x };
}
const sites = [someRows(80), someRows(80, 4, 3), turned(someRows(80, 4, 5))];

describe('fine-tuning', () => {
  it('makes of the common model one for each site, and leaves the common one as it is', async () => {
    const study = studyOf({ localSteps: 40 });
    const { state, sites: own } = await trainSitesInMemory({ study, studyHash: HASH, sites });
    expect(state).toEqual(await trainInMemory({ study: studyOf(), studyHash: HASH, sites }));
    const right = (of: typeof state) => accuracy({ study, state: of, rows: sites[2]! });
    expect(await right(own[2]!)).toBeGreaterThan((await right(state))! + 0.1);
    expect(new Set(own.map(({ weights }) => weights.join())).size).toBe(3);
  });

  it('takes the declared steps at the declared rate, from the weights as the engine holds them', async () => {
    const study = studyOf({ localSteps: 3, learningRate: 0.01 });
    const begun = initialState(study);
    const state = { ...begun, weights: begun.weights.map((_, i) => 0.1 * i) };
    const { algorithm } = study;
    const { update } = await trainLocally({
      study: { ...study, algorithm: { ...algorithm, localSteps: 3, learningRate: 0.01 } },
      state,
      rows: sites[0]!,
      seed: SEED,
    });
    const { weights } = await fineTuned({ study, state, rows: sites[0]!, seed: SEED });
    expect(weights).toEqual(state.weights.map((weight, i) => Math.fround(weight) + update[i]!));
  });

  it('is nothing where a study does not ask for it', async () => {
    const study = studyOf();
    const state = initialState(study);
    expect(await fineTuned({ study, state, rows: sites[0]!, seed: SEED })).toBe(state);
  });
});
