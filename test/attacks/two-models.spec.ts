import { writeFileSync } from 'node:fs';
import { attemptTranscript, stateMac } from '@consilium/identity';
import { sha256Hex } from '@consilium/protocol';
import { laneCount, selfKey, siteMasks, type MaskTerm } from '@consilium/sealed-sum';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seatsOf } from '../../libs/sealed-sum/test/masked-round.js';
import { lanesOf, plainSum, useWorld } from '../../libs/sealed-sum/test/world.js';
import { stateFile } from '../../site-agent/src/rounds/own-state.js';
import { AttackedStudy } from '../support/attacked-study.js';
import { bareLanes, bareSlots } from '../support/bare-slots.js';
import { chiSquare, CRITICAL_AT_ONE_PERCENT } from '../support/chi-square.js';

/**
 * Pasquini, Francati, Ateniese, CCS 2022: whoever hands out the model gives the victim the true one and everybody else one
 * whose gradients vanish. The sum is then the victim's own update, and secure aggregation has protected nothing.
 */
describe('sites that were made to start from different models', () => {
  const world = useWorld();
  const parameters = plainSum(4, 4_000);
  const studyKey = Buffer.alloc(32, 9);
  const [victim, ...others] = [
    lanesOf(parameters, (lane) => (lane % 1_000) - 500),
    ...Array<Int32Array>(3).fill(lanesOf(parameters, () => 0)),
  ];
  const seats = seatsOf(4);

  /** T as a site computes it that holds these weights. */
  const transcriptOf = (weights: string) =>
    attemptTranscript({
      consortium: 'test.example',
      study: sha256Hex(Buffer.from('study')),
      keyEpoch: 0,
      round: 1,
      attempt: 0,
      kind: 'train',
      block: 0,
      seat: 0,
      participants: ['a', 'b', 'c', 'd'].map((site) => ({
        site,
        seats: sha256Hex(Buffer.from(site)),
        shares: sha256Hex(Buffer.from(`${site}s`)),
      })),
      state: stateMac(studyKey, Buffer.from(sha256Hex(Buffer.from(weights)), 'hex')).toString('hex'),
    });

  /** The sum of the victim and three sites with nothing to say, each of which starts from the weights given. */
  async function fold(weightsOf: (index: number) => string) {
    const uploads: string[] = [];
    const selfMasks: Buffer[] = [];
    for (const seat of seats) {
      const transcript = transcriptOf(weightsOf(seat.index));
      const peers = seats.filter((peer) => peer !== seat);
      uploads.push(
        await world.upload(parameters, seat.index === 0 ? victim! : others[seat.index - 1]!, { masks: siteMasks(seat, peers, transcript) }),
      );
      selfMasks.push(selfKey(seat.selfSecret, transcript));
    }
    return { path: await world.fold(parameters, uploads), selfMasks };
  }

  it('control: give the victim’s update away, exactly, where the transcript does not hold the state', async () => {
    const { path, selfMasks } = await fold(() => 'what the transcript says of everybody, whatever they hold');
    expect(await world.open(parameters, path, 4, { selfMasks })).toEqual(victim);
  });

  it('give a sum that nobody can read: the masks with the victim do not cancel', async () => {
    const { path, selfMasks } = await fold((index) => (index === 0 ? 'the true model' : 'a model without gradients'));
    await expect(world.open(parameters, path, 4, { selfMasks })).rejects.toMatchObject({ code: 'SUM_CHECK' });
    const slots = await bareSlots(
      path,
      world.bfvKey,
      selfMasks.map((key): MaskTerm => ({ key, sign: -1 })),
    );
    const read = bareLanes(slots).subarray(0, laneCount(parameters));
    expect(read.filter((lane, index) => lane === victim![index]).length).toBeLessThan(10);
    // Fresh keys in every run: far beyond one in a hundred, and far below what any structure gives.
    expect(chiSquare(slots, BigInt(parameters.plainModulus))).toBeLessThan(2 * CRITICAL_AT_ONE_PERCENT);
  });

  describe('under the agent', () => {
    const study = new AttackedStudy(['a', 'b', 'c', 'd']);
    beforeAll(() => study.begin(2));
    afterAll(() => study.stop());

    it('do not even begin: a site wants t signatures over its own state', async () => {
      const attempt = study.attempt(1, 0);
      study.give(1);
      const { state } = study.at('d');
      const other = Buffer.from('another model');
      writeFileSync(stateFile(study.folderOf('d'), 0), other);
      state.database.prepare('UPDATE study_state SET digest = ? WHERE round = 0').run(sha256Hex(other));
      expect(await study.outcome('d', study.contributeTask(attempt))).toBe('OUT_OF_STEP');
      await study.everywhere(() => study.contributeTask(attempt), ['a', 'b', 'c']);
    });

    it('sign no list together: whoever holds another state signs another transcript', async () => {
      const attempt = study.attempt(1, 0, { contributors: ['a', 'b', 'c'] });
      const list = study.signListTask(attempt);
      await study.everywhere(() => list);
      expect(await study.outcome('a', study.unmaskTask(attempt, ['a', 'b', 'd']))).toBe('LIST_REFUSED');
      expect(await study.outcome('a', study.unmaskTask(attempt, ['a', 'b', 'c']))).toBe('done');
    });
  });
});
