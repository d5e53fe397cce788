import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { lanesOf, aShape, plainSum, sumOf, useWorld } from '../../test/world.js';
import { laneCount, quantise, quantiseStream, roundKeyPair, selfKey, siteMasks, SiteWorkers } from '../index.js';
import { sealParameters } from '../parameters/index.js';
import { sealedPieces } from './sealed-pieces.js';

const world = useWorld();
const workers = new SiteWorkers({ threads: 2 });
afterAll(() => workers.close());

/** Values of one site, made as they are asked for, in pieces of odd lengths. */
async function* generated(length: number, site: number, made?: (length: number) => void) {
  for (let first = 0; first < length; first += 10_007) {
    const piece = new Float64Array(Math.min(10_007, length - first));
    for (let index = 0; index < piece.length; index++) piece[index] = Math.sin(first + index + site);
    made?.(first + piece.length);
    yield piece;
  }
}
const collected = async (pieces: AsyncIterable<Float64Array | Int32Array>) => {
  const all: number[] = [];
  for await (const piece of pieces) for (const value of piece) all.push(value);
  return all;
};

describe('a stream of values', () => {
  it('is quantised to the same lanes as the values at once', async () => {
    for (const updateLength of [1, 2, 30_001]) {
      const parameters = sealParameters(aShape({ updateLength, updateRange: 0.9 }));
      const counts = { patients: 77n };
      const update = Float64Array.from(await collected(generated(updateLength, 1)));
      const streamed = await collected(quantiseStream({ update: generated(updateLength, 1), weight: 321, counts }, parameters));
      const { lanes } = quantise({ update, weight: 321, counts }, parameters);
      expect(Int32Array.from(streamed)).toEqual(lanes);
    }
  });

  it('that is too short, too long or not finite leaves no file', async () => {
    const parameters = plainSum(3, 20_000);
    const seal = async (update: AsyncIterable<Float64Array>) => {
      const path = world.path();
      const sealed = world.upload(parameters, quantiseStream({ update, weight: 1, counts: {} }, parameters), { path });
      const error: unknown = await sealed.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect([existsSync(path), existsSync(`${path}.partial`)]).toEqual([false, false]);
      return error;
    };
    for (const length of [19_999, 20_001, 40_000]) expect(await seal(generated(length, 0))).toMatchObject({ code: 'CONTRIBUTION_SHAPE' });
    async function* spoilt() {
      yield* generated(15_000, 0);
      yield Float64Array.of(0, Number.NaN);
    }
    expect(await seal(spoilt())).toMatchObject({ code: 'NOT_FINITE', index: 15_001 });
  });

  it('is read only a few runs ahead of what was written', async () => {
    const parameters = plainSum(3, 1_000_000);
    const { bfvKey, checkKey, keyEpoch } = world;
    for (const threads of [undefined, workers]) {
      let made = 0;
      const update = generated(1_000_000, 0, (length) => (made = length));
      const lanes = quantiseStream({ update, weight: 1, counts: {} }, parameters);
      const pieces = sealedPieces({ lanes, parameters, bfvKey, checkKey, keyEpoch, ...(threads ? { workers: threads } : {}) }, []);
      for (let piece = 0; piece < 3; piece++) await pieces.next();
      expect(made).toBeGreaterThan(100_000);
      expect(made).toBeLessThan(700_000);
      await pieces.return(undefined);
    }
  });
});

describe('worker threads of a site', () => {
  it('seal and open a million masked parameters from streams to a consumer', { timeout: 60_000 }, async () => {
    const parameters = plainSum(3, 2 ** 20);
    const transcript = randomBytes(32);
    const seats = [0, 1, 2].map((index) => ({ index, ...roundKeyPair(), selfSecret: randomBytes(32) }));
    const uploads: string[] = [];
    for (const seat of seats) {
      const lanes = quantiseStream({ update: generated(2 ** 20, seat.index), weight: 1000, counts: {} }, parameters);
      const peers = seats.filter((peer) => peer !== seat);
      uploads.push(await world.upload(parameters, lanes, { masks: siteMasks(seat, peers, transcript), workers }));
    }
    const fold = await world.fold(parameters, uploads);
    const selfMasks = seats.map(({ selfSecret }) => selfKey(selfSecret, transcript));
    const expected = sumOf(
      await Promise.all(
        seats.map(async ({ index }) => {
          const update = Float64Array.from(await collected(generated(2 ** 20, index)));
          return quantise({ update, weight: 1000, counts: {} }, parameters).lanes;
        }),
      ),
    );
    let next = 0;
    await world.openStream(parameters, fold, 3, { selfMasks, workers }, async (lanes, firstLane) => {
      expect(firstLane).toBe(next);
      next += lanes.length;
      expect(Buffer.compare(Buffer.from(lanes.buffer), Buffer.from(expected.slice(firstLane, next).buffer))).toBe(0);
    });
    expect(next).toBe(laneCount(parameters));
    expect(await world.open(parameters, fold, 3, { selfMasks })).toEqual(expected);
  });

  it('work on several sums at a time, each with its own keys', async () => {
    const parameters = plainSum(3, 100_000);
    const sums = await Promise.all(
      [1, 2, 3].map(async (value) => {
        const keys = { bfvKey: world.bfvKey, checkKey: randomBytes(32), workers };
        const fold = await world.fold(parameters, [
          await world.upload(
            parameters,
            lanesOf(parameters, () => value),
            keys,
          ),
        ]);
        return world.open(parameters, fold, 1, keys);
      }),
    );
    sums.forEach((sum, index) => expect(sum.every((lane) => lane === index + 1)).toBe(true));
  });

  it('refuse a word that is not below q, a key that is none, and what comes after they were closed', async () => {
    const parameters = plainSum(3);
    const lanes = lanesOf(parameters, () => 1);
    await expect(world.upload(parameters, lanes, { workers, bfvKey: randomBytes(32) })).rejects.toMatchObject({ code: 'BFV_KEY_INVALID' });
    const closed = new SiteWorkers({ threads: 1 });
    await closed.close();
    await expect(world.upload(parameters, lanes, { workers: closed })).rejects.toMatchObject({ code: 'SUM_WORKER_LOST' });
  });
});
