import { SeededRandomness } from '@consilium/privacy/simulation';
import type { LocalAlgorithm } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MLP, SEED, smallStudy, someRows } from '../../test/small-world.js';
import { initialState, PhysicalBatch, trainInMemory, trainLocally, trainPrivately } from '../index.js';

const LOCAL = { rounds: 3, localSteps: 6, learningRate: 0.2, batchSize: 16 };
const studyOf = (algorithm: object) => smallStudy({ model: { ...MLP, l2: 0.01 }, algorithm: { ...LOCAL, ...algorithm } });
const fedavg = studyOf({ name: 'fedavg' });
const fedprox = (mu: number) => studyOf({ name: 'fedprox', mu });
const rows = someRows(60);
const norm = (values: Float64Array) => Math.hypot(...values);

describe('FedProx', () => {
  it('with mu = 0 is FedAvg to the bit', async () => {
    const input = { studyHash: 'ab'.repeat(32), sites: [rows, someRows(40, 4, 9)] };
    // All rows in each step: the order of batches follows the digest of the state, which names its algorithm.
    const all = { batchSize: 'full' };
    const found = await trainInMemory({ study: studyOf({ name: 'fedprox', mu: 0, ...all }), ...input });
    expect(found.weights).toEqual((await trainInMemory({ study: studyOf({ name: 'fedavg', ...all }), ...input })).weights);
    expect(found.optimiser.name).toBe('fedprox');
  });

  it('takes its first step as FedAvg does, and the second with mu·(w − w0) more slope', async () => {
    const at = (study: ReturnType<typeof studyOf>, localSteps: number) => {
      const algorithm: LocalAlgorithm = { ...study.algorithm, localSteps };
      return trainLocally({ study: { ...study, algorithm }, state: initialState(study), rows, seed: SEED });
    };
    const [one, two, pulled] = [await at(fedavg, 1), await at(fedavg, 2), await at(fedprox(0.5), 2)];
    expect((await at(fedprox(0.5), 1)).update).toEqual(one.update);
    for (const [i, value] of pulled.update.entries()) expect(value).toBeCloseTo(two.update[i]! - 0.2 * 0.5 * one.update[i]!, 6);
    expect(norm(one.update)).toBeGreaterThan(0.01);
  });

  it('stays nearer to where the round began the larger mu is', async () => {
    const moved = async (mu: number) => {
      const study = fedprox(mu);
      return norm((await trainLocally({ study, state: initialState(study), rows, seed: SEED })).update);
    };
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 2, noNaN: true }), async (mu) => {
        expect(await moved(mu + 0.5)).toBeLessThan(await moved(mu));
      }),
      { numRuns: 8 },
    );
  });

  it('is the same in parts of a batch', async () => {
    const study = fedprox(0.5);
    const training = { study, state: initialState(study), rows, seed: SEED };
    const whole = await trainLocally(training);
    const physical = new PhysicalBatch();
    physical.halve(16);
    const parted = await trainLocally({ ...training, physical });
    expect(Math.max(...parted.update.map((value, i) => Math.abs(value - whole.update[i]!)))).toBeLessThan(1e-6);
  });

  it('inside a site with noise adds the pull and draws the same noise', async () => {
    const at = (study: ReturnType<typeof studyOf>, localSteps: number) => {
      const algorithm: LocalAlgorithm = { ...study.algorithm, localSteps };
      const noise = { sampling: { numerator: 2 ** 20, bits: 20 }, normBound: 1_024, variance: 64 };
      const words = new SeededRandomness('study');
      return trainPrivately({ study: { ...study, algorithm }, noise, clip: 1, state: initialState(study), rows, publicSize: 60, words });
    };
    const [one, two, pulled] = [await at(fedavg, 1), await at(fedavg, 2), await at(fedprox(0.5), 2)];
    for (const [i, value] of pulled.update.entries()) expect(value).toBeCloseTo(two.update[i]! - 0.2 * 0.5 * one.update[i]!, 12);
    expect(norm(one.update)).toBeGreaterThan(0.01);
  });
});
