import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openMaskedRound, seatsOf } from '../../test/masked-round.js';
import { aShape, lanesOf, plainSum, sumOf, useWorld } from '../../test/world.js';
import { foldUploads } from '../fold/index.js';
import { droppedMasks, quantise, selfKey, siteMasks } from '../index.js';
import { sealParameters } from '../parameters/index.js';

const world = useWorld();

/** Lanes that reach their extremes, in every combination of neighbours. */
const extremeLanes = (parameters: ReturnType<typeof plainSum>, seed: number) =>
  lanesOf(parameters, (index) => {
    const draw = Math.imul(index + 1, 2654435761 + 40503 * seed) >>> 8;
    return [parameters.levels, -parameters.levels, 0, (draw % (2 * parameters.levels + 1)) - parameters.levels][(draw >>> 13) % 4]!;
  });

/** `count` different sites of `sites`, from a seed. */
const someSites = (sites: number, count: number, seed: number) =>
  new Set(
    Array.from({ length: sites }, (_, index) => ({ index, key: Math.imul(index + seed, 2654435761) >>> 0 }))
      .toSorted((a, b) => a.key - b.key)
      .slice(0, count)
      .map(({ index }) => index),
  );

describe('a masked sum', () => {
  it('equals the contributors’ integer sum bit for bit, whoever drops out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom({ sites: 3, least: 3 }, { sites: 4, least: 3 }, { sites: 10, least: 7 }),
        fc.constantFrom(1, 100, 8185, 8190),
        fc.integer({ min: 0, max: 3 }),
        fc.nat(1_000_000),
        async ({ sites, least }, updateLength, dropouts, seed) => {
          const parameters = plainSum(sites, updateLength);
          const contributions = Array.from({ length: sites }, (_, site) => extremeLanes(parameters, seed + site));
          const missing = someSites(sites, Math.min(dropouts, sites - least), seed);
          const opened = await openMaskedRound(world, { parameters, contributions, missing });
          expect(opened).toEqual(sumOf(contributions.filter((_, site) => !missing.has(site))));
        },
      ),
      { numRuns: 12 },
    );
  });

  const sizes: readonly (readonly [number, number, number])[] = [
    [64, 21, 9000],
    [372, 40, 10],
  ];
  it.each(sizes.slice(0, process.env['CONSILIUM_FULL'] === '1' ? 2 : 1))(
    'is exact with %i sites of which %i drop out, at the lane extremes',
    { timeout: 60_000 },
    async (sites, dropouts, updateLength) => {
      const parameters = plainSum(sites, updateLength);
      const contributions = Array.from({ length: sites }, (_, site) =>
        lanesOf(parameters, (index) => (index % 3 === 0 ? parameters.levels : index % 3 === 1 ? -parameters.levels : site)),
      );
      const missing = someSites(sites, dropouts, 7);
      // Each with its twenty neighbours in a ring: the number of masks does not matter to exactness, and 138,000 keys take time.
      const neighbours = (index: number) =>
        sites <= 64
          ? contributions.map((_, site) => site)
          : Array.from({ length: 20 }, (_, step) => (index + (step < 10 ? step + 1 : sites - step + 9)) % sites);
      const opened = await openMaskedRound(world, { parameters, contributions, missing, neighbours });
      expect(opened).toEqual(sumOf(contributions.filter((_, site) => !missing.has(site))));
    },
  );

  it('carries its counts and check values under the masks too', async () => {
    const parameters = sealParameters(aShape({ sites: 3 }));
    const contributions = [1n, 20n, 300n].map(
      (patients) => quantise({ update: new Float64Array(10).fill(0.5), weight: 10, counts: { patients } }, parameters).lanes,
    );
    expect(await openMaskedRound(world, { parameters, contributions })).toEqual(sumOf(contributions));
  });
});

describe('masks that do not belong together', () => {
  const parameters = plainSum(3);
  const seats = seatsOf(3);
  const transcript = randomBytes(32);
  const masksOf = (index: number, over = transcript) =>
    siteMasks(
      seats[index]!,
      seats.filter((peer) => peer.index !== index),
      over,
    );
  const lanes = lanesOf(parameters, (index) => index);
  const selfMasks = seats.map(({ selfSecret }) => selfKey(selfSecret, transcript));
  const uploads = async (transcripts = [transcript, transcript, transcript]) =>
    Promise.all(transcripts.map((over, index) => world.upload(parameters, lanes, { masks: masksOf(index, over) })));

  it('do not cancel between sites with different transcripts, such as those of different weights', async () => {
    const fold = await world.fold(parameters, await uploads([transcript, transcript, randomBytes(32)]));
    await expect(world.open(parameters, fold, 3, { selfMasks })).rejects.toMatchObject({ code: 'SUM_CHECK' });
  });

  it('fail the sum check when a self-mask is missing or another one', async () => {
    const fold = await world.fold(parameters, await uploads());
    await expect(world.open(parameters, fold, 3)).rejects.toMatchObject({ code: 'SUM_CHECK' });
    const wrong = [...selfMasks.slice(1), selfKey(randomBytes(32), transcript)];
    await expect(world.open(parameters, fold, 3, { selfMasks: wrong })).rejects.toMatchObject({ code: 'SUM_CHECK' });
    await expect(world.open(parameters, fold, 3, { selfMasks: selfMasks.slice(1) })).rejects.toThrow(RangeError);
    expect(await world.open(parameters, fold, 3, { selfMasks })).toEqual(sumOf([lanes, lanes, lanes]));
  });

  it('fail the sum check when a dropped site’s masks stay in, or go out twice', async () => {
    const [first, second] = await uploads();
    const dropped = droppedMasks(seats[2]!, seats.slice(0, 2), transcript);
    const open = async (terms: typeof dropped) =>
      world.open(parameters, await world.fold(parameters, [first!, second!], terms), 2, { selfMasks: selfMasks.slice(0, 2) });
    await expect(open([])).rejects.toMatchObject({ code: 'SUM_CHECK' });
    await expect(open([...dropped, ...dropped])).rejects.toMatchObject({ code: 'SUM_CHECK' });
    expect(await open(dropped)).toEqual(sumOf([lanes, lanes]));
  });

  it('make an upload unreadable to who holds the BFV key, where one without masks reads at once', async () => {
    const alone = async (masks?: ReturnType<typeof masksOf>) =>
      world.fold(parameters, [await world.upload(parameters, lanes, masks ? { masks } : {})]);
    expect(await world.open(parameters, await alone(), 1)).toEqual(lanes);
    const masked = await alone(masksOf(0));
    await expect(world.open(parameters, masked, 1)).rejects.toMatchObject({ code: 'SUM_CHECK' });
    await expect(world.open(parameters, masked, 1, { selfMasks: selfMasks.slice(0, 1) })).rejects.toMatchObject({ code: 'SUM_CHECK' });
  });

  it('go out alike whatever the threads', async () => {
    const wide = plainSum(3, 20_000);
    const paths = [0, 1].map(async (index) =>
      world.upload(
        wide,
        lanesOf(wide, () => 1),
        { masks: masksOf(index) },
      ),
    );
    const request = { uploads: await Promise.all(paths), parameters: wide, keyEpoch: world.keyEpoch };
    const dropped = droppedMasks(seats[2]!, seats.slice(0, 2), transcript);
    const hashes = [];
    for (const threads of [1, 3]) hashes.push((await foldUploads({ ...request, dropped, output: world.path(), threads })).sha256);
    expect(new Set(hashes).size).toBe(1);
  });
});
