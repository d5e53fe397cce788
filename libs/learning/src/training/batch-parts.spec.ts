import { modelLayers, Model, Outcome } from '@consilium/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { SEED, smallStudy, someRows } from '../../test/small-world.js';
import { isOutOfMemory, refuseFailedAllocations } from '../engine/engine-memory.js';
import { engine, gradientsHere, initialState, PhysicalBatch, trainLocally, type PartGradients } from '../index.js';
import { partRows, partsOf } from './part-rows.js';

/** Large enough to be worth parting: two parts of 2,048 rows. */
const parted = smallStudy({
  inputs: 33,
  model: { type: 'multilayer-perceptron', hidden: [64, 32], l2: 0.1 },
  algorithm: { localSteps: 2, batchSize: 4_000 },
});
const rows = someRows(5_000, 33);
const state = initialState(parted);
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe('a batch', () => {
  const binary = Outcome.parse({ column: 'y', positive: '> 0' });
  const image = { kind: 'image', height: 28, width: 28, channels: 1 } as const;
  const convolutional = (norm: string) =>
    modelLayers(
      Model.parse({ type: 'convolutional-network', blocks: [{ filters: 16, norm, pool: 'max' }, { filters: 32 }] }),
      image,
      binary,
    );

  it('is parted by the model and its own size alone, and only where a part is worth it', () => {
    expect(partRows(convolutional('none'), binary, 64)).toBe(16);
    expect(partRows(convolutional('group'), binary, 17)).toBe(16);
    expect(partRows(convolutional('none'), binary, 16)).toBeUndefined();
    expect(partRows(parted.derived.layers, binary, 4_000)).toBe(2_048);
    expect(partRows(parted.derived.layers, binary, 2_048)).toBeUndefined();
  });

  it('stays whole where its rows have to do with each other', () => {
    expect(partRows(convolutional('batch'), binary, 64)).toBeUndefined();
    const survival = Outcome.parse({ column: 't', type: 'survival', range: [0, 1_000], event: { column: 'e', positive: '> 0' } });
    expect(partRows(convolutional('none'), survival, 64)).toBeUndefined();
  });

  it('in parts has every row once, in its order', () => {
    const chosen = Uint32Array.from({ length: 10 }, (_, row) => 9 - row);
    expect(partsOf(chosen, 4).map((part) => [...part])).toEqual([
      [9, 8, 7, 6],
      [5, 4, 3, 2],
      [1, 0],
    ]);
  });

  it('in parts has the gradient of the whole', async () => {
    const here = gradientsHere({ study: parted, rows });
    const weights = Float32Array.from(state.weights);
    const all = Uint32Array.from({ length: 3_000 }, (_, row) => row + 7);
    const [whole] = await here.take(weights, [all], SEED);
    const [first, second] = await here.take(weights, partsOf(all, 2_048), SEED);
    const share = 2_048 / 3_000;
    const sum = first!.map((value, i) => value * share + second![i]! * (1 - share));
    expect(worst(sum, whole!)).toBeLessThan(1e-6);
    expect(Math.max(...whole!)).toBeGreaterThan(0.01);
  });
});

describe('training in parts', () => {
  it('gives the same bits wherever and in whatever order the parts are computed', async () => {
    const here = gradientsHere({ study: parted, rows });
    let most = 0;
    const elsewhere: PartGradients = {
      take: async (weights, parts, step) => {
        most = Math.max(most, parts.length);
        const backwards = await here.take(weights, [...parts].reverse(), step);
        return [...backwards].reverse();
      },
    };
    const alone = await trainLocally({ study: parted, state, rows, seed: SEED });
    expect(await trainLocally({ study: parted, state, rows, seed: SEED, gradients: elsewhere })).toEqual(alone);
    expect(most).toBe(2);
  });
});

describe("an engine's memory", () => {
  interface Backend {
    readonly wasm: { _malloc: (bytes: number) => number };
  }
  let restore: () => void = () => undefined;
  afterEach(() => restore());
  /** No single allocation above `limit` bytes succeeds. */
  const limitMemory = async (limit: number) => {
    const { wasm } = (await engine()).backend() as unknown as Backend;
    const before = wasm._malloc;
    restore = () => (wasm._malloc = before);
    wasm._malloc = (bytes) => {
      if (bytes > limit) throw new Error(`WebAssembly is out of memory (${bytes} bytes)`);
      return before(bytes);
    };
  };
  const wide = smallStudy({ inputs: 400, algorithm: { localSteps: 3, batchSize: 64 } });
  const training = { study: wide, state: initialState(wide), rows: someRows(100, 400), seed: SEED };

  it('that is short halves what is computed at once under the same logical batch, also in the next round', async () => {
    const expected = await trainLocally(training);
    // 64 rows are 102,400 bytes.
    await limitMemory(30_000);
    const physical = new PhysicalBatch();
    const found = await trainLocally({ ...training, physical });
    expect([physical.rows, physical.halvings]).toEqual([16, 2]);
    expect(worst(found.update, expected.update)).toBeLessThan(1e-6);
    expect(Math.max(...expected.update)).toBeGreaterThan(0.001);
    await trainLocally({ ...training, physical });
    expect(physical.halvings).toBe(2);
  });

  it('in which not one row fits refuses with RESOURCES, and no number', async () => {
    await limitMemory(1_000);
    await expect(trainLocally(training)).rejects.toMatchObject({
      code: 'RESOURCES',
      refusal: { code: 'RESOURCES', fields: { what: 'memory' } },
      message: expect.not.stringMatching(/\d/) as string,
    });
  });

  it.each([
    'OOM when allocating tensor with shape[64,28,28,32] and type float on /job:localhost',
    'WebAssembly is out of memory (4096 bytes)',
    'Worker terminated due to reaching memory limit: JS heap out of memory',
    'Array buffer allocation failed',
  ])('is known to be short by what an engine says: %s', (message) => {
    expect(isOutOfMemory(new Error(message))).toBe(true);
    expect(isOutOfMemory(new Error('matMul: inner shapes differ'))).toBe(false);
  });

  it('that WebAssembly does not give is an error, and not address 0', () => {
    const backend = { wasm: { _malloc: (bytes: number) => (bytes > 10 ? 0 : 8) } };
    refuseFailedAllocations(backend);
    expect(backend.wasm._malloc(10)).toBe(8);
    expect(() => backend.wasm._malloc(11)).toThrow('WebAssembly is out of memory (11 bytes)');
    expect(backend.wasm._malloc(0)).toBe(8);
  });
});
