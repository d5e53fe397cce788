import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { laneCount, selfKey, siteMasks, type MaskTerm } from '@consilium/sealed-sum';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seatsOf } from '../../libs/sealed-sum/test/masked-round.js';
import { lanesOf, plainSum, sumOf, useWorld } from '../../libs/sealed-sum/test/world.js';
import { alteredFold, UNIT } from '../support/altered-fold.js';
import { AttackedStudy } from '../support/attacked-study.js';
import { bareLanes, bareSlots } from '../support/bare-slots.js';

/** One more in a coefficient of the plaintext: nobody needs a key for that. */
const oneMore = (fold: Buffer, coefficient: number, block = 0) => alteredFold(fold, [{ polynomial: 0, coefficient, add: UNIT, block }]);

describe('a sum that the coordinator has changed by one', () => {
  const world = useWorld();
  // 9,000 values: two blocks, the second with check values and empty coefficients.
  const parameters = plainSum(3, 9_000);
  let fold: Buffer;
  let expected: number[];
  let selfMasks: Buffer[];

  beforeAll(async () => {
    const transcript = randomBytes(32);
    const seats = seatsOf(3);
    const contributions = seats.map(({ index }) => lanesOf(parameters, (lane) => ((lane * (index + 3)) % 1001) - 500));
    const uploads: string[] = [];
    for (const seat of seats) {
      const masks = siteMasks(
        seat,
        seats.filter((peer) => peer !== seat),
        transcript,
      );
      uploads.push(await world.upload(parameters, contributions[seat.index]!, { masks }));
    }
    expected = [...sumOf(contributions)];
    selfMasks = seats.map(({ selfSecret }) => selfKey(selfSecret, transcript));
    fold = readFileSync(await world.fold(parameters, uploads));
  });
  const open = (bytes: Buffer) => {
    const path = world.path();
    writeFileSync(path, bytes);
    return world.open(parameters, path, 3, { selfMasks });
  };

  it('control: is taken for the sum by whoever only decrypts it', async () => {
    const masks = selfMasks.map((key): MaskTerm => ({ key, sign: -1 }));
    const lanes = [...bareLanes(await bareSlots(oneMore(fold, 700), world.bfvKey, masks))].slice(0, laneCount(parameters));
    expect(lanes[1_400]).toBe(expected[1_400]! + 1);
    expect(lanes.filter((lane, index) => lane !== expected[index])).toHaveLength(1);
    expect([...(await open(fold))]).toEqual(expected);
  });

  it('does not pass the check, whichever coefficient it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1), fc.nat(4_095), async (block, coefficient) => {
        await expect(open(oneMore(fold, coefficient, block))).rejects.toMatchObject({ code: 'SUM_CHECK' });
      }),
      {
        numRuns: 30,
        examples: [
          [0, 0],
          [1, 4_500 - 4_096],
          [1, 4_095],
        ],
      },
    );
  });

  describe('at the sites of a study', () => {
    const study = new AttackedStudy(['a', 'b', 'c']);
    const { coordinator } = study;
    const attempt = study.attempt(1, 0);
    let changed: Buffer<ArrayBuffer>;
    let genuine: Awaited<ReturnType<typeof study.fold>>;
    beforeAll(async () => {
      await study.begin(1);
      study.give(1);
      await study.everywhere(() => study.contributeTask(attempt));
      await study.everywhere(() => study.signListTask(attempt));
      const release = study.unmaskTask(attempt);
      await study.everywhere(() => release);
      genuine = await study.fold(attempt);
      changed = oneMore(coordinator.fold, 0);
    });
    afterAll(() => study.stop());

    it('is not even opened where they signed the digest of the true one', async () => {
      await study.everywhere(() => study.signFoldTask(attempt, genuine), ['a', 'b']);
      const digest = createHash('sha256').update(changed).digest();
      const other = { foldBytes: BigInt(changed.length), foldSha256: digest };
      expect(await study.outcome('a', study.signFoldTask(attempt, other))).toBe('FOLD_REFUSED');
      await study.everywhere(() => study.signFoldTask(attempt, genuine));
      expect(await study.outcome('c', study.applyTask(attempt, other))).toBe('FOLD_REFUSED');
      const bytes = coordinator.fold;
      coordinator.fold = changed;
      expect(await study.outcome('c', study.applyTask(attempt, genuine))).toBe('DOWNLOAD_ALTERED');
      expect(study.digestOf('c', 1)).toBeUndefined();
      coordinator.fold = bytes;
      await study.everywhere(() => study.applyTask(attempt, genuine));
      expect(new Set(study.names.map((name) => study.digestOf(name, 1))).size).toBe(1);
    });

    it('changes no state where all of them signed it: they all say that it does not check', async () => {
      await study.openBlock(1, 1);
      const next = study.attempt(2, 0, { block: 1, seat: 0 });
      study.give(2);
      await study.everywhere(() => study.contributeTask(next));
      await study.everywhere(() => study.signListTask(next));
      const release = study.unmaskTask(next);
      await study.everywhere(() => release);
      await study.fold(next);
      coordinator.fold = oneMore(coordinator.fold, 0);
      const agreed = {
        foldBytes: BigInt(coordinator.fold.length),
        foldSha256: createHash('sha256').update(coordinator.fold).digest(),
      };
      await study.everywhere(() => study.signFoldTask(next, agreed));
      await study.everywhere(() => study.applyTask(next, agreed));
      expect(study.names.map((name) => study.digestOf(name, 2))).toEqual([undefined, undefined, undefined]);
      expect([...coordinator.agreed.values()].map(({ round, stateHmac }) => [round, stateHmac.length])).toEqual(
        study.names.map(() => [2, 0]),
      );
    });
  });
});
