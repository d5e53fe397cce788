import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance } from './advance.js';
import { assignmentFor } from './assignment.js';
import {
  agree,
  confirmKeys,
  keysConfirmed,
  launched,
  leaveSeats,
  seatsReady,
  sitesNamed,
  TestWorld,
  testStudy,
  unmask,
  upload,
} from './builders.js';
import type { StudyEvent } from './study-event.js';
import { proposedStudy, type StudyState } from './study-state.js';

const [a, b, c, d] = sitesNamed('a', 'b', 'c', 'd') as [never, never, never, never];
const all = sitesNamed('a', 'b', 'c', 'd');

const phase = (world: TestWorld) =>
  world.state.activity.phase === 'round' ? world.state.activity.attempt.phase : world.state.activity.phase;
const placeOf = (world: TestWorld) =>
  world.state.activity.phase === 'round' ? [world.state.activity.attempt.round, world.state.activity.attempt.attempt] : undefined;
const contributors = (world: TestWorld) => {
  const { activity } = world.state;
  return activity.phase === 'round' && 'contributors' in activity.attempt ? activity.attempt.contributors : undefined;
};
const taskOf = (world: TestWorld, site: never) => assignmentFor(world.state, site, world.connected).task;

describe('a study', () => {
  it('goes from approval to release, round by round', () => {
    const world = launched(new TestWorld(testStudy()));
    for (const round of [1, 2, 3]) {
      expect(placeOf(world)).toEqual([round, 0]);
      agree(unmask(upload(world, ...all), ...all), `state${round}`, ...all);
    }
    expect(phase(world)).toBe('releasing');
    for (const site of all) world.happen({ type: 'voted', site, vote: 'yes', bundleHmac: 'bb', statement: { json: '', signature: '' } });
    expect(taskOf(world, a)).toEqual({ $case: 'uploadBundle', value: { round: 3, send: true } });
    expect(taskOf(world, b)).toEqual({ $case: 'uploadBundle', value: { round: 3, send: false } });
    for (const site of all) world.happen({ type: 'bundleSigned', site, sha256: 'ff', statement: { json: '', signature: '' } });
    world.happen({ type: 'bundleReceived', site: a, sha256: 'ff', bytes: 9 });
    expect(world.state.activity).toMatchObject({ phase: 'ended', outcome: 'done', reason: 'released' });
  });

  it('keeps the model at the sites when one of them votes no', () => {
    const world = launched(new TestWorld(testStudy()));
    for (const round of [1, 2, 3]) agree(unmask(upload(world, ...all), ...all), `state${round}`, ...all);
    world.happen({ type: 'voted', site: b, vote: 'no', bundleHmac: 'bb', statement: { json: '', signature: '' } });
    expect(world.state.activity).toMatchObject({ phase: 'ended', outcome: 'done', reason: 'notReleased', sites: ['b'] });
    expect(world.state.released).toBeUndefined();
  });

  it('waits in the queue while another study occupies one of its sites', () => {
    const world = new TestWorld(testStudy());
    world.busy.add(b);
    world.happen(
      ...all.map((site): StudyEvent => ({
        type: 'approved',
        site,
        approval: { json: '{}', signature: '00' },
        release: 'ask',
        until: null,
      })),
      { type: 'launched', by: 'r', rosterEpoch: 0 },
    );
    expect(phase(world)).toBe('queued');
    world.busy.clear();
    expect(phase(world.pass(1))).toBe('keys');
  });

  it('is one and the same when a restarted coordinator reads its events, wherever it was killed', () => {
    const world = launched(new TestWorld(testStudy()));
    upload(world, a, b, c);
    world.happen({ type: 'refused', site: d, round: 1, attempt: 0, code: 'INTERNAL', fields: {}, incident: '4F2A', decision: 'failed' });
    world.pass(31_000);
    world.happen({ type: 'excused', site: d, by: 'r' });
    agree(unmask(world, a, b, c), 'state1', a, b, c);
    fc.assert(
      fc.property(fc.nat({ max: world.stored.length }), (killed) => {
        const start = proposedStudy(world.state.hash, world.study, world.state.proposedAt);
        const before = world.stored.slice(0, killed).reduce<StudyState>(advance, start);
        const json = JSON.parse(JSON.stringify(world.stored.slice(killed))) as typeof world.stored;
        expect(json.reduce<StudyState>(advance, before)).toEqual(world.state);
      }),
    );
  });
});

describe('the deadline', () => {
  it('folds what is there from the contributors that are in, and names them', () => {
    const world = upload(launched(new TestWorld(testStudy())), a, b, c);
    world.leave(d).pass(29_000);
    expect(phase(world)).toBe('uploading');
    world.pass(1_000);
    expect(contributors(world)).toEqual(['a', 'b', 'c']);
  });

  it('fails the attempt when fewer than minSites are in, and the study when the retries are used', () => {
    const world = launched(new TestWorld(testStudy({ retries: 1 })));
    upload(world, a, b).pass(30_000);
    expect(world.state.failures).toMatchObject([{ round: 1, attempt: 0, reason: 'tooFew', sites: ['c', 'd'] }]);
    expect(placeOf(world)).toEqual([1, 1]);
    world.pass(30_000);
    expect(world.state.activity).toMatchObject({ phase: 'ended', outcome: 'failed', reason: 'attemptsUsed', sites: ['a', 'b', 'c', 'd'] });
  });

  it('never goes on without a mandatory site, and says which it was', () => {
    const world = launched(new TestWorld(testStudy({ mandatory: ['d'], retries: 0 })));
    upload(world, a, b, c).leave(d).pass(30_000);
    expect(world.state.activity).toMatchObject({ phase: 'ended', outcome: 'failed', reason: 'attemptsUsed', sites: ['d'] });
  });

  it('leaves a late upload out', () => {
    const world = upload(launched(new TestWorld(testStudy())), a, b, c).pass(30_000);
    const before = contributors(world);
    world.happen({ type: 'uploaded', site: d, round: 1, attempt: 0, bytes: 1, sha256: 'cc', signature: 'dd' });
    expect(contributors(world)).toEqual(before);
  });

  it('asks the researcher about a refusal, and goes on when told to', () => {
    const world = upload(launched(new TestWorld(testStudy())), a, b, c);
    world.happen({
      type: 'refused',
      site: d,
      round: 1,
      attempt: 0,
      code: 'COHORT_TOO_SMALL',
      fields: {},
      incident: '4F2A',
      decision: 'refused',
    });
    expect(phase(world.pass(60_000))).toBe('uploading');
    expect(contributors(world.happen({ type: 'excused', site: d, by: 'researcher' }))).toEqual(['a', 'b', 'c']);
  });

  it('goes on at once without a site that refused, where the study says so', () => {
    const world = launched(new TestWorld(testStudy({ onMissing: { refused: 'continue' } })));
    world.happen({
      type: 'refused',
      site: d,
      round: 1,
      attempt: 0,
      code: 'COHORT_TOO_SMALL',
      fields: {},
      incident: '4F2A',
      decision: 'refused',
    });
    expect(contributors(upload(world, a, b, c))).toEqual(['a', 'b', 'c']);
  });

  it('is kept for a site in the round after the one in which its training was killed, and not in that one', () => {
    const world = launched(new TestWorld(testStudy({ onMissing: { refused: 'continue' } })));
    const killed = { code: 'TRAINING_KILLED', fields: { signal: 'SIGKILL' }, incident: '4F2A', decision: 'failed' } as const;
    world.happen({ type: 'refused', site: d, round: 1, attempt: 0, ...killed });
    expect(contributors(upload(world, a, b, c))).toEqual(['a', 'b', 'c']);
    agree(unmask(world, a, b, c), 'state1', ...all);
    expect(placeOf(world)).toEqual([2, 0]);
    expect(contributors(upload(world, a, b, c))).toBeUndefined();
    expect(contributors(upload(world, d))).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('between rounds', () => {
  it('waits for a connected site that is still applying, not only for the threshold', () => {
    const world = agree(unmask(upload(launched(new TestWorld(testStudy())), ...all), ...all), 'state1', a, b, c);
    expect(phase(world)).toBe('waiting');
    world.happen({ type: 'agreed', site: d, state: { keyEpoch: 0, round: 1, attempt: 0, stateHmac: 'state1', signature: 'ab' } });
    expect(placeOf(world)).toEqual([2, 0]);
  });

  it('waits for a lost site only until it counts as lost', () => {
    const world = unmask(upload(launched(new TestWorld(testStudy())), ...all), ...all).leave(d);
    agree(world, 'state1', a, b, c).pass(14_000);
    expect(phase(world)).toBe('waiting');
    world.pass(1_000);
    expect(world.state.activity).toMatchObject({ attempt: { round: 2, participants: ['a', 'b', 'c'] } });
  });

  it('hands a site that was away every sum that it missed, oldest first', () => {
    const world = unmask(upload(launched(new TestWorld(testStudy())), ...all), ...all).leave(d);
    agree(world, 'state1', a, b, c).pass(15_000);
    agree(unmask(upload(world, a, b, c), a, b, c), 'state2', a, b, c);
    world.comeBack(d);
    expect(taskOf(world, d)).toMatchObject({ $case: 'apply', value: { list: { round: 1 } } });
    world.happen({ type: 'agreed', site: d, state: { keyEpoch: 0, round: 1, attempt: 0, stateHmac: 'state1', signature: 'ab' } });
    expect(taskOf(world, d)).toMatchObject({ $case: 'apply', value: { list: { round: 2 } } });
  });

  it('names a site whose state differs, and goes on without it', () => {
    const world = unmask(upload(launched(new TestWorld(testStudy())), ...all), ...all);
    agree(world, 'other', d);
    agree(world, 'state1', a, b, c);
    expect([...world.state.outOfStep]).toEqual(['d']);
    expect(world.state.activity).toMatchObject({ attempt: { round: 2, participants: ['a', 'b', 'c'] } });
  });
});

describe('the signed steps of a round', () => {
  it('opens nothing before t sites have signed the same list', () => {
    const world = upload(launched(new TestWorld(testStudy())), ...all);
    const place = { round: 1, attempt: 0 };
    expect(taskOf(world, a)).toMatchObject({ $case: 'signList' });
    world.happen({ type: 'folded', ...place, bytes: 2, sha256: 'ee' });
    world.happen({ type: 'listSigned', site: a, ...place, signature: 'aa' }, { type: 'listSigned', site: b, ...place, signature: 'aa' });
    expect([taskOf(world, a), taskOf(world, c)]).toMatchObject([{ $case: 'rest' }, { $case: 'signList' }]);
    world.happen({ type: 'listSigned', site: c, ...place, signature: 'aa' });
    expect(taskOf(world, d)).toMatchObject({ $case: 'unmask', value: { signatures: [{ site: 'a' }, { site: 'b' }, { site: 'c' }] } });
  });

  it('ends an attempt whose list too few have signed in time, and takes fresh seats for the next', () => {
    const world = upload(launched(new TestWorld(testStudy())), ...all);
    world.happen({ type: 'listSigned', site: a, round: 1, attempt: 0, signature: 'aa' }).pass(30_000);
    expect(world.state.failures).toMatchObject([{ reason: 'unsigned', sites: ['b', 'c', 'd'] }]);
    expect(world.state.activity).toMatchObject({ attempt: { round: 1, attempt: 1, seat: 1 } });
  });

  it('never ends an attempt once shares may be out: it waits for the holders', () => {
    const world = upload(launched(new TestWorld(testStudy())), ...all);
    const place = { round: 1, attempt: 0 };
    world.happen(...[a, b, c].map((site): StudyEvent => ({ type: 'listSigned', site, ...place, signature: 'aa' })));
    world
      .happen({
        type: 'unmasked',
        site: a,
        ...place,
        release: { sealed: '', signature: '', droppedSha256: '', proofs: '', proofsSha256: '' },
      })
      .pass(3_600_000);
    expect(world.state.failures).toEqual([]);
    expect(phase(world)).toBe('closed');
  });

  it('seats a site that comes back with the next block, before the next round', () => {
    const world = keysConfirmed(new TestWorld(testStudy())).leave(d).pass(15_000);
    seatsReady(world, [d]);
    expect(world.state.activity).toMatchObject({ attempt: { round: 1, participants: ['a', 'b', 'c'] } });
    unmask(upload(world, a, b, c), a, b, c).comeBack(d);
    agree(world, 'state1', ...all);
    expect(world.state.block).toMatchObject({ number: 1, asked: ['a', 'b', 'c', 'd'] });
    expect(seatsReady(world).state.activity).toMatchObject({ attempt: { round: 2, block: 1, participants: ['a', 'b', 'c', 'd'] } });
  });

  it('opens a new block when the seats of the old one are used', () => {
    const world = launched(new TestWorld(testStudy({ retries: 0 }, 70)));
    expect(world.state.block?.seats).toBe(64);
    for (let round = 1; round <= 64; round += 1) agree(unmask(upload(world, ...all), ...all), `state${round}`, ...all);
    expect(world.state.block).toMatchObject({ number: 1, seats: 7 });
    expect(seatsReady(world).state.activity).toMatchObject({ attempt: { round: 65, block: 1, seat: 0 } });
  });
});

describe('a site that deals or releases wrong shares', () => {
  it('is named in the record of the round', () => {
    const world = upload(launched(new TestWorld(testStudy())), ...all);
    unmask(world, ...all);
    const agreed = { keyEpoch: 0, round: 1, attempt: 0, stateHmac: 'state1', signature: 'ab' };
    world.happen(...[a, b, c].map((site): StudyEvent => ({ type: 'agreed', site, state: agreed, faulty: [d] })));
    expect(world.state.rounds[0]?.attempt.faulty).toEqual(['d']);
  });

  it('has all proofs handed on, and nobody asked for a decision, once a site needs them', () => {
    const world = upload(launched(new TestWorld(testStudy())), ...all);
    const place = { round: 1, attempt: 0 };
    world.happen(...all.map((site): StudyEvent => ({ type: 'listSigned', site, ...place, signature: 'aa' })));
    const release = { sealed: 'aa', signature: '', droppedSha256: '', proofs: 'bb', proofsSha256: '' };
    world.happen(...all.map((site): StudyEvent => ({ type: 'unmasked', site, ...place, release })));
    world.happen({ type: 'folded', ...place, bytes: 2, sha256: 'ee' });
    world.happen(...all.map((site): StudyEvent => ({ type: 'foldSigned', site, ...place, signature: 'aa' })));
    const proofs = () => {
      const task = taskOf(world, a);
      return task?.$case === 'apply' ? task.value.unmask.map((message) => message.proofs.toString('hex')) : undefined;
    };
    expect(proofs()).toEqual(['', '', '']);
    world.happen({ type: 'refused', site: a, ...place, code: 'PROOFS_NEEDED', fields: {}, incident: '', decision: 'failed' });
    expect(proofs()).toEqual(['bb', 'bb', 'bb', 'bb']);
    agree(world, 'state1', ...all);
    expect(placeOf(world)).toEqual([2, 0]);
  });

  it('whose key cannot be rebuilt ends the key epoch, and the round is repeated by the same contributors', () => {
    const world = upload(launched(new TestWorld(testStudy())), a, b, c)
      .leave(d)
      .pass(30_000);
    world.happen({ type: 'attemptFailed', round: 1, attempt: 0, reason: 'dealt', sites: [d] });
    expect(world.state).toMatchObject({ keyEpoch: 1, activity: { phase: 'keys' } });
    seatsReady(confirmKeys(world.comeBack(d), all));
    expect(world.state.activity).toMatchObject({ attempt: { round: 1, attempt: 1, participants: ['a', 'b', 'c'] } });
  });
});

describe('a site that lost its seats', () => {
  it.each(['SHARE_MISSING', 'SHARE_INVALID', 'SEAT_USED', 'STATE_RESTORED'] as const)(
    'is asked for nothing of them after %s, and is seated again before the next round',
    (code) => {
      const world = leaveSeats(upload(launched(new TestWorld(testStudy())), ...all), d, code);
      expect(world.state.block?.holders).toEqual(new Set(['a', 'b', 'c']));
      expect(taskOf(world, d)).toMatchObject({ $case: 'rest' });
      unmask(world, a, b, c);
      expect(taskOf(world, d)).toMatchObject({ $case: 'apply' });
      agree(world, 'state1', ...all);
      expect(world.state.block).toMatchObject({ number: 1, asked: ['a', 'b', 'c', 'd'] });
      expect(world.state.refusals.has(d)).toBe(true);
      seatsReady(world);
      expect(world.state.activity).toMatchObject({ attempt: { round: 2, block: 1, participants: ['a', 'b', 'c', 'd'] } });
      expect(world.state.refusals.has(d)).toBe(false);
    },
  );

  it('while they were being handed out sits the next round out, if enough others hold theirs', () => {
    const world = keysConfirmed(new TestWorld(testStudy()));
    leaveSeats(world, d, 'SHARE_MISSING');
    expect(taskOf(world, d)).toMatchObject({ $case: 'rest' });
    seatsReady(world, [d]);
    expect(world.state.activity).toMatchObject({ attempt: { round: 1, block: 0, participants: ['a', 'b', 'c'] } });
    agree(unmask(upload(world, a, b, c), a, b, c), 'state1', ...all);
    expect(seatsReady(world).state.activity).toMatchObject({ attempt: { round: 2, block: 1, participants: ['a', 'b', 'c', 'd'] } });
  });

  it('calls for a new block at once where the study may not go on without it, and less and less often', () => {
    const world = keysConfirmed(new TestWorld(testStudy({ mandatory: ['d'] })));
    for (const [tries, pause] of [1_000, 2_000, 4_000].entries()) {
      expect(world.state.block?.number).toBe(tries);
      leaveSeats(world, d, 'SHARE_MISSING').pass(pause - 1);
      expect(world.state.block?.number).toBe(tries);
      world.pass(1);
    }
    expect(seatsReady(world).state.activity).toMatchObject({ attempt: { round: 1, attempt: 0, block: 3 } });
  });

  it('does not hold up an attempt that it can no longer contribute to, and asks nobody for a decision', () => {
    const world = upload(launched(new TestWorld(testStudy())), a, b, c);
    expect(contributors(leaveSeats(world, d))).toEqual(['a', 'b', 'c']);
  });

  it('is not put out of a newer block by what it says of an older one', () => {
    const world = launched(new TestWorld(testStudy()));
    world.happen({
      type: 'refused',
      site: d,
      round: 1,
      attempt: 0,
      code: 'SEAT_USED',
      fields: {},
      incident: '',
      decision: 'refused',
      block: 7,
    });
    expect(world.state.block?.holders.has(d)).toBe(true);
  });

  it('and was mandatory fails the round, by name', () => {
    const world = leaveSeats(upload(launched(new TestWorld(testStudy({ mandatory: ['d'], retries: 0 }))), a, b, c), d).pass(30_000);
    expect(world.state.failures).toMatchObject([{ round: 1, reason: 'tooFew', sites: ['d'] }]);
    expect(world.state.activity).toMatchObject({ phase: 'ended', outcome: 'failed', sites: ['d'] });
  });
});

describe('a connected site that says nothing about its seats', () => {
  it('is gone on without, and does not have the others make blocks without end', () => {
    const world = keysConfirmed(new TestWorld(testStudy({ roundDeadline: '60s' })));
    seatsReady(world, [d]).pass(30_000);
    seatsReady(world, [d]);
    expect(world.state.activity).toMatchObject({ attempt: { round: 1, block: 0, participants: ['a', 'b', 'c'] } });
  });
});

describe('a sum that fails its check', () => {
  it('changes nothing, ends the key epoch, and is repeated by the same contributors', () => {
    const world = upload(launched(new TestWorld(testStudy())), a, b, c)
      .leave(d)
      .pass(30_000);
    agree(unmask(world, a, b, c), 'SUM_CHECK', a, b);
    expect(world.state.rounds).toEqual([]);
    expect(world.state).toMatchObject({ keyEpoch: 1, activity: { phase: 'keys' } });
    expect(taskOf(world, b)).toMatchObject({ $case: 'makeKeys', value: { keyEpoch: 1 } });
    world.comeBack(d);
    seatsReady(confirmKeys(world, all));
    expect(world.state.activity).toMatchObject({ attempt: { round: 1, attempt: 1, participants: ['a', 'b', 'c'] } });
  });

  it('stops the study when it happens in three key epochs', () => {
    const world = launched(new TestWorld(testStudy({ retries: 9 })));
    for (let epoch = 0; epoch < 3; epoch += 1) {
      agree(unmask(upload(world, ...all), ...all), 'SUM_CHECK', a, b);
      if (epoch < 2) seatsReady(confirmKeys(world, all));
    }
    expect(world.state.activity).toMatchObject({ phase: 'ended', outcome: 'failed', reason: 'sumCheck' });
  });
});
