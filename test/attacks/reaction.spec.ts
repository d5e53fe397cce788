import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { selfKey, siteMasks } from '@consilium/sealed-sum';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seatsOf } from '../../libs/sealed-sum/test/masked-round.js';
import { lanesOf, plainSum, useWorld } from '../../libs/sealed-sum/test/world.js';
import { alteredFold, keyQuestion, keyRevealing, type Alteration } from '../support/altered-fold.js';
import { AttackedStudy } from '../support/attacked-study.js';
import { bareSlots } from '../support/bare-slots.js';

/** Coefficients of the BFV key of a fold's ring: −1, 0 or 1. */
async function keyCoefficients(fold: Buffer, bfvKey: Uint8Array): Promise<number[]> {
  return [...(await bareSlots(keyRevealing(fold), bfvKey))].map((slot) => (slot > 1n ? -1 : Number(slot)));
}

/** PROTOCOL.md section 1: the coordinator alters folds and watches whether the sites can open them. */
describe('a coordinator that asks altered folds for the key', () => {
  const world = useWorld();

  it('control: gets it, coefficient by coefficient, from sites that open whatever they are given', async () => {
    const parameters = plainSum(3, 1_000);
    const transcript = randomBytes(32);
    const seats = seatsOf(3);
    const uploads: string[] = [];
    for (const seat of seats) {
      const peers = seats.filter((peer) => peer !== seat);
      uploads.push(
        await world.upload(
          parameters,
          lanesOf(parameters, (lane) => lane % 50),
          { masks: siteMasks(seat, peers, transcript) },
        ),
      );
    }
    const fold = readFileSync(await world.fold(parameters, uploads));
    const selfMasks = seats.map(({ selfSecret }) => selfKey(selfSecret, transcript));
    let answers = 0;
    const opens = async (alterations: readonly Alteration[]) => {
      answers += 1;
      const path = world.path();
      writeFileSync(path, alteredFold(fold, alterations));
      const outcome = await world.open(parameters, path, 3, { selfMasks }).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'SUM_CHECK' });
      return !(outcome instanceof Error);
    };
    const recovered: number[] = [];
    for (let j = 0; j < 64; j++) recovered.push(!(await opens(keyQuestion(j, 1))) ? 1 : !(await opens(keyQuestion(j, -1))) ? -1 : 0);
    expect(recovered).toEqual((await keyCoefficients(fold, world.bfvKey)).slice(0, 64));
    expect(new Set(recovered)).toEqual(new Set([-1, 0, 1]));
    expect(answers).toBeLessThan(128);
  });

  describe('of sites that keep to the protocol', () => {
    // n = 4, c = 1: t = 3.
    const study = new AttackedStudy(['a', 'b', 'c', 'd']);
    const { coordinator } = study;
    beforeAll(() => study.begin(4));
    afterAll(() => study.stop());

    /** Gives the altered fold out in place of the true one. */
    const alter = (bytes: Buffer<ArrayBuffer>) => {
      coordinator.fold = bytes;
      return { foldBytes: BigInt(bytes.length), foldSha256: createHash('sha256').update(bytes).digest() };
    };
    const signEverywhere = async (attempt: ReturnType<typeof study.attempt>, fold: ReturnType<typeof alter>) => {
      const task = study.signFoldTask(attempt, fold);
      await study.everywhere(() => task);
    };
    let truth: number[];
    let answered: ReturnType<typeof study.applyTask>;

    it('finds nobody who opens a fold that fewer than t sites have signed', async () => {
      const attempt = study.attempt(1, 0);
      study.give(1);
      await study.everywhere(() => study.contributeTask(attempt));
      const list = study.signListTask(attempt);
      await study.everywhere(() => list);
      const release = study.unmaskTask(attempt);
      await study.everywhere(() => release);
      await study.fold(attempt);
      const fold = coordinator.fold;
      truth = await keyCoefficients(fold, study.keysAt('a').bfvKey);
      const altered = alter(alteredFold(fold, keyQuestion(truth.indexOf(1), 1)));
      await study.everywhere(() => study.signFoldTask(attempt, altered), ['a', 'b']);
      const { value } = study.applyTask(attempt, altered, ['a', 'b']);
      const task = { $case: 'apply' as const, value: { ...value, unmask: study.names.map((name) => study.unmaskOf(name)) } };
      expect(await Promise.all(study.names.map((name) => study.outcome(name, task)))).toEqual(Array(4).fill('FOLD_REFUSED'));
      expect(coordinator.received).toEqual([]);
      expect(coordinator.agreed.size).toBe(0);
    });

    it('gets one answer where the sites cannot know that the fold is altered, and no second one in the attempt', async () => {
      const attempt = study.attempt(1, 0);
      const fold = coordinator.fold;
      const altered = { foldBytes: BigInt(fold.length), foldSha256: createHash('sha256').update(fold).digest() };
      await signEverywhere(attempt, altered);
      answered = study.applyTask(attempt, altered);
      await study.everywhere(() => answered);
      expect([...coordinator.agreed.values()].map(({ stateHmac }) => stateHmac.length)).toEqual([0, 0, 0, 0]);
      const next = alter(alteredFold(fold, keyQuestion(0, 1)));
      for (const name of study.names) expect(await study.outcome(name, study.signFoldTask(attempt, next))).toBe('FOLD_REFUSED');
      const { length } = coordinator.received;
      await study.everywhere(() => ({ ...answered, value: { ...answered.value, ...next } }));
      expect(coordinator.received).toHaveLength(length);
      expect(study.names.map((name) => study.digestOf(name, 1))).toEqual(Array(4).fill(undefined));
    });

    it('has lost the key with that answer: no attempt or round under it is opened any more', async () => {
      const again = study.attempt(1, 1);
      await study.everywhere(() => study.contributeTask(again));
      const list = study.signListTask(again);
      await study.everywhere(() => list);
      const release = study.unmaskTask(again);
      for (const name of study.names) expect(await study.outcome(name, release)).toBe('RELEASED');
      for (const name of study.names)
        expect(await study.outcome(name, study.contributeTask(study.attempt(2, 0, { seat: 2 })))).toBe('OUT_OF_STEP');
      const before = study.keysAt('a').bfvKey;
      await study.makeKeys(1);
      for (const name of study.names) expect(Buffer.from(study.keysAt(name, 1).bfvKey).equals(before)).toBe(false);
    });

    it('cannot come back to the lost key once the study goes on under another one', async () => {
      await study.openBlock(1, 2, { keyEpoch: 1 });
      study.give(1);
      await study.round(study.attempt(1, 2, { keyEpoch: 1, block: 1, seat: 0 }));
      expect(new Set(study.names.map((name) => study.digestOf(name, 1))).size).toBe(1);
      study.give(2);
      await study.makeKeys(0);
      for (const name of study.names) expect(await study.outcome(name, study.advertiseTask(2, 1))).toBe('KEY_EPOCH');
      const under = study.attempt(2, 0, { block: 0, seat: 3 });
      for (const name of study.names) expect(await study.outcome(name, study.contributeTask(under))).toBe('KEY_EPOCH');
      // The control: under the keys that hold it is taken, and every site has signed its state under the old ones too.
      expect(study.states(1, 0)).toHaveLength(4);
      await study.makeKeys(1);
      const next = study.attempt(2, 0, { keyEpoch: 1, block: 1, seat: 1 });
      for (const name of study.names) expect(await study.outcome(name, study.contributeTask(next))).toBe('done');
    });
  });
});
