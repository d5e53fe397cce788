import { describe, expect, it } from 'vitest';
import { assignmentFor } from './assignment.js';
import { keysConfirmed, PRIVATE, seatsReady, sitesNamed, testStudy, TestWorld, upload } from './builders.js';
import type { StudyEvent } from './study-event.js';

const [a, b, c, d] = sitesNamed('a', 'b', 'c', 'd') as [never, never, never, never];
const SIZES = { publicSizes: { a: 100, b: 100, c: 100, d: 100 } };
const ROUNDS = Array.from({ length: 50 }, (_, index) => index + 1);

/** Four sites, t = 3, c = 1: three words are enough. Round 1 is announced. */
function announced(privacy: object = PRIVATE): TestWorld {
  const study = testStudy(privacy === PRIVATE ? SIZES : {}, 3, privacy);
  return seatsReady(keysConfirmed(new TestWorld(study)), [], () => (privacy === PRIVATE ? ROUNDS : undefined));
}

const stop: StudyEvent = { type: 'ended', outcome: 'stopped', by: 'researcher', reason: 'stopped', sites: [] };
const signed = (site: never, round = 1): StudyEvent => ({ type: 'abortSigned', site, round, signature: 'ab'.repeat(64) });
const taskOf = (world: TestWorld, site: never) => assignmentFor(world.state, site, world.connected).task;
const place = { round: 1, attempt: 0 };

describe('a private study that ends in the middle of a round', () => {
  it('asks every site for its word, and tells all of them the end with the words of enough', () => {
    const world = announced();
    upload(world, a, b);
    world.happen(stop);
    for (const site of [a, b, c, d]) expect(taskOf(world, site)).toEqual({ $case: 'signAbort', value: { round: 1 } });
    world.happen(signed(a), signed(b));
    expect(taskOf(world, a)).toEqual({ $case: 'end', value: { outcome: 'stopped', aborted: undefined } });
    expect(taskOf(world, c)).toMatchObject({ $case: 'signAbort' });
    world.happen(signed(c));
    for (const site of [a, b, c, d])
      expect(taskOf(world, site)).toMatchObject({
        $case: 'end',
        value: { aborted: { round: 1, signatures: [{ site: 'a' }, { site: 'b' }, { site: 'c' }] } },
      });
  });

  it('takes no word about another round, and none for a site that refuses', () => {
    const world = announced();
    world.happen(stop, signed(a, 2));
    expect(taskOf(world, a)).toMatchObject({ $case: 'signAbort' });
    world.happen({ type: 'refused', site: a, ...place, code: 'STATE_RESTORED', fields: {}, incident: '', decision: 'failed' });
    expect(taskOf(world, a)).toMatchObject({ $case: 'end' });
    expect(taskOf(world, b)).toMatchObject({ $case: 'signAbort' });
  });

  it('asks none that has released, and nobody where so many have that no certificate can be had', () => {
    const one = announced();
    upload(one, a, b, c, d);
    const release = { sealed: '', signature: '', droppedSha256: '', proofs: '', proofsSha256: '' };
    const listed = [a, b, c].map((site): StudyEvent => ({ type: 'listSigned', site, ...place, signature: 'aa' }));
    one.happen(...listed, { type: 'unmasked', site: a, ...place, release }, stop);
    expect(taskOf(one, a)).toMatchObject({ $case: 'end' });
    expect(taskOf(one, b)).toMatchObject({ $case: 'signAbort' });

    const two = announced();
    upload(two, a, b, c, d);
    two.happen(...listed, ...[a, b].map((site): StudyEvent => ({ type: 'unmasked', site, ...place, release })), stop);
    for (const site of [a, b, c, d]) expect(taskOf(two, site)).toMatchObject({ $case: 'end', value: { aborted: undefined } });
  });

  it('also asks where all its attempts had failed without a list that t signed', () => {
    const world = announced();
    for (let tries = 0; tries < 3 && world.state.activity.phase !== 'ended'; tries += 1) {
      upload(world, a, b, c, d);
      world.pass(31_000);
      if (world.state.activity.phase === 'waiting') seatsReady(world, [], () => ROUNDS);
    }
    expect(world.state.activity).toMatchObject({ phase: 'ended', reason: 'attemptsUsed', abort: { round: 1, released: [] } });
    expect(taskOf(world, a)).toMatchObject({ $case: 'signAbort' });
  });
});

describe('a study that asks for no words', () => {
  it('keeps no ledger, or ended between its rounds before anything was asked for', () => {
    const open = announced({ mode: 'none' });
    upload(open, a, b);
    open.happen(stop);
    expect(taskOf(open, a)).toMatchObject({ $case: 'end' });
    const early = keysConfirmed(new TestWorld(testStudy(SIZES, 3, PRIVATE)));
    early.happen(stop);
    expect(taskOf(early, a)).toMatchObject({ $case: 'end' });
  });
});
