import { describe, expect, it } from 'vitest';
import { HASH, MLP, smallStudy, someRows } from '../../test/small-world.js';
import { accuracy, concatenateRows, stateDigest, trainInMemory } from '../index.js';

const sites = [someRows(60, 4, 3), someRows(30, 4, 5), someRows(90, 4, 9)];

describe('training in memory', () => {
  it.each([
    ['FedAvg', { name: 'fedavg', rounds: 15, learningRate: 0.3 }, {}],
    ['FedAdam', { name: 'fedadam', rounds: 15 }, {}],
    ['FedYogi', { name: 'fedyogi', rounds: 15 }, {}],
    ['FedAdam on a network', { name: 'fedadam', rounds: 20, batchSize: 16, serverLearningRate: 0.05 }, MLP],
  ])('learns what three sites know together: %s', async (_, algorithm, model) => {
    const study = smallStudy({ algorithm, model });
    const state = await trainInMemory({ study, studyHash: HASH, sites });
    expect(await accuracy({ study, state, rows: someRows(500, 4, 77) })).toBeGreaterThan(0.85);
  });

  it('gives the same bits again', async () => {
    const study = smallStudy({ model: MLP, algorithm: { batchSize: 8 } });
    const run = async () => stateDigest(await trainInMemory({ study, studyHash: HASH, sites, rounds: 3 }));
    expect(await run()).toEqual(await run());
  });

  it('with one full-batch step a round equals pooled training', async () => {
    const study = smallStudy({ algorithm: { name: 'fedavg', localSteps: 1, rounds: 10 } });
    const federated = await trainInMemory({ study, studyHash: HASH, sites });
    const pooled = await trainInMemory({ study, studyHash: HASH, sites: [concatenateRows(sites)] });
    federated.weights.forEach((weight, i) => expect(weight).toBeCloseTo(pooled.weights[i]!, 5));
  });

  it('keeps patients of different sites apart when it pools their rows', () => {
    const pooled = concatenateRows([
      { x: Float32Array.of(1, 2), y: Float32Array.of(0, 1), patients: Int32Array.of(0, 0), patientCount: 1 },
      { x: Float32Array.of(3), y: Float32Array.of(1), patients: Int32Array.of(0), patientCount: 1 },
    ]);
    expect(pooled).toEqual({ x: Float32Array.of(1, 2, 3), y: Float32Array.of(0, 1, 1), patients: Int32Array.of(0, 0, 1), patientCount: 2 });
  });
});
