import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sitesThatAgree } from '../../site-agent/src/rounds/agreed-state.js';
import { stateOfRound } from '../../site-agent/src/rounds/applied-states.js';
import { stateHmac } from '../../site-agent/src/rounds/signed-state.js';
import { verifierOf } from '../../site-agent/src/rounds/study-members.js';
import { AttackedStudy } from '../support/attacked-study.js';

/**
 * t signatures over the state before a round are what starts it. Sent again once the round is done, they would make the
 * sites throw its result away and run it a second time.
 */
describe('the agreement on an earlier state, sent again', () => {
  // n = 4, c = 1: t = 3.
  const study = new AttackedStudy(['a', 'b', 'c', 'd']);
  const held = (round: number) => study.names.map((name) => study.digestOf(name, round) !== undefined);
  beforeAll(async () => {
    await study.begin(3);
    study.give(1);
    await study.round(study.attempt(1, 0));
    study.give(2);
  });
  afterAll(() => study.stop());

  it('takes no finished round back, although every signature of it is good', async () => {
    const replayed = study.states(0);
    const at = study.enter('a');
    const wanted = {
      consortium: at.consortium,
      study: study.hash,
      keyEpoch: 0,
      round: 0,
      stateHmac: Buffer.from(stateHmac(study.keysAt('a'), stateOfRound(at.state, study.hash, 0)!), 'hex'),
    };
    // The control: nothing else about the message is wrong.
    expect(sitesThatAgree(replayed, wanted, verifierOf(study.members('a'))).size).toBe(4);
    const task = study.contributeTask(study.attempt(1, 1), { state: replayed });
    for (const name of study.names) expect(await study.outcome(name, task)).toBe('OUT_OF_STEP');
    expect(held(1)).toEqual([true, true, true, true]);
    // Nor later, when the files of that state are gone.
    const next = study.attempt(2, 0, { seat: 1 });
    await study.everywhere(() => study.contributeTask(next));
    const fold = await study.close(next);
    const sum = study.applyTask(next, fold);
    await study.perform('a', sum);
    expect(await study.outcome('a', study.contributeTask(study.attempt(1, 2), { state: replayed }))).toBe('OUT_OF_STEP');
    expect(held(1)).toEqual([true, true, true, true]);
    expect(held(2)).toEqual([true, false, false, false]);
  });

  it('control: under later keys, where t sites signed the earlier state afresh, the site that went further goes back', async () => {
    await study.makeKeys(1);
    await study.openBlock(1, 1, { keyEpoch: 1 });
    const again = study.attempt(2, 1, { keyEpoch: 1, block: 1, seat: 0 });
    expect(
      study
        .states(1, 1)
        .map(({ site }) => site)
        .toSorted(),
    ).toEqual(['b', 'c', 'd']);
    expect(await study.outcome('a', study.contributeTask(again, { state: study.states(1, 0) }))).toBe('OUT_OF_STEP');
    expect(held(2)).toEqual([true, false, false, false]);
    study.give(2);
    await study.everywhere(() => study.contributeTask(again));
    expect(held(2)).toEqual([false, false, false, false]);
  });
});
