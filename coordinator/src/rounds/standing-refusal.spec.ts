import { SiteName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { siteStatus } from '../studies/site-status.js';
import { studyWords } from '../studies/study-words.js';
import { assignmentFor } from './assignment.js';
import { agree, confirmKeys, fold, keysConfirmed, launched, seatsReady, sitesNamed, testStudy, TestWorld, upload } from './builders.js';
import type { StudyEvent } from './study-event.js';

const [a, b, c, d] = sitesNamed('a', 'b', 'c', 'd') as [SiteName, SiteName, SiteName, SiteName];
const word = { json: '{}', signature: '00' };
const paused = (site: SiteName, by: 'site' | 'officer' = 'site'): StudyEvent => ({ type: 'paused', site, by, word });
const resumed = (site: SiteName): StudyEvent => ({ type: 'resumed', site, word });
const withdrawn = (site: SiteName): StudyEvent => ({ type: 'withdrawn', site, approval: word });
const approved = (site: SiteName, until: string | null = null): StudyEvent => ({
  type: 'approved',
  site,
  approval: word,
  release: 'ask',
  until,
});

const studyThat = (refused: 'continue' | 'wait' | 'ask') => testStudy({ minSites: 3, onMissing: { refused } }, 3);
const status = (world: TestWorld, site: SiteName) =>
  siteStatus(world.state, site, { connected: true, lastSeen: undefined, step: undefined, upload: undefined, now: world.now });
const taskOf = (world: TestWorld, site: SiteName) => assignmentFor(world.state, site, world.connected).task?.$case;
const participants = ({ state: { activity } }: TestWorld) => (activity.phase === 'round' ? activity.attempt.participants : undefined);
const wholeRound = (world: TestWorld, ...sites: readonly SiteName[]) => {
  upload(world, ...sites);
  fold(world);
  return agree(world, `after ${world.state.rounds.length}`, ...sites);
};

describe('a site that pauses in the middle of a study', () => {
  it('is shown as refused, with the code, who paused, and who can act', () => {
    const world = launched(new TestWorld(studyThat('continue'))).happen(paused(d, 'officer'));
    expect(status(world, d)).toMatchObject({
      state: 'refused',
      code: 'PAUSED',
      sentence: 'The site has paused its part in this study, or its population is frozen (by: officer).',
      whoCanAct: expect.stringContaining('consilium-site study resume') as string,
      incident: null,
    });
    expect(status(world, a).state).not.toBe('refused');
  });

  it('is asked for nothing, and the round goes on at once where the study says so', () => {
    const world = launched(new TestWorld(studyThat('continue')));
    upload(world, a, b, c).happen(paused(d));
    expect(taskOf(world, d)).toBe('rest');
    expect(world.state.activity).toMatchObject({ phase: 'round', attempt: { phase: 'closed', contributors: [a, b, c] } });
    fold(world);
    agree(world, 'one', a, b, c);
    expect(participants(world)).toEqual([a, b, c]);
  });

  it('takes part again from the next round on once it is resumed', () => {
    const world = launched(new TestWorld(studyThat('continue')));
    wholeRound(world, a, b, c, d);
    world.happen(paused(d));
    wholeRound(world, a, b, c);
    expect(participants(world)).toEqual([a, b, c]);
    world.happen(resumed(d));
    expect(participants(world)).toEqual([a, b, c]);
    expect(status(world, d).state).not.toBe('refused');
    // It applies what it missed; then it is in.
    expect(taskOf(world, d)).toBe('apply');
    wholeRound(world, a, b, c);
    const last = world.state.rounds.at(-1)!;
    world.happen({
      type: 'agreed',
      site: d,
      state: { keyEpoch: 0, round: 2, attempt: 0, stateHmac: world.state.rounds[1]!.stateHmac, signature: 'ab' },
    });
    world.happen({ type: 'agreed', site: d, state: { keyEpoch: 0, round: 3, attempt: 0, stateHmac: last.stateHmac, signature: 'ab' } });
    expect(world.state.outOfStep.size).toBe(0);
  });

  it('is waited for, without using up attempts, where the study waits', () => {
    const world = launched(new TestWorld(studyThat('wait')));
    wholeRound(world, a, b, c, d);
    // The attempt that was announced with it ends at its deadline; no other is announced before it resumes.
    world.happen(paused(d));
    upload(world, a, b, c).pass(31_000);
    expect(world.state.activity).toMatchObject({ phase: 'waiting', round: 2 });
    world.pass(3_600_000);
    expect(world.state.failures).toHaveLength(1);
    world.happen(resumed(d));
    expect(participants(world)).toEqual([a, b, c, d]);
  });

  it('is asked about, where the study asks, and is in again after it resumes', () => {
    const world = launched(new TestWorld(studyThat('ask')));
    wholeRound(world, a, b, c, d);
    world.happen(paused(d));
    upload(world, a, b, c).pass(31_000);
    expect(studyWords(world.state, undefined, world.connected)).toMatchObject({
      word: 'waiting',
      reason: expect.stringContaining('--without d') as string,
    });
    world.happen({ type: 'excused', site: d, by: 'researcher' });
    fold(world);
    agree(world, 'two', a, b, c);
    expect(participants(world)).toEqual([a, b, c]);
    world.happen(resumed(d));
    expect(world.state.excused.size).toBe(0);
  });

  it('does not hold up keys that the others can have without it', () => {
    const world = launched(new TestWorld(studyThat('continue')));
    world.happen(paused(b), { type: 'keysAsked', keyEpoch: 1, steward: b });
    expect(world.state).toMatchObject({ keyEpoch: 2, steward: c });
    confirmKeys(world, [a, c, d]);
    expect(world.state.activity.phase).toBe('waiting');
    seatsReady(world);
    expect(participants(world)).toEqual([a, c, d]);
  });

  it('keeps a launched study in the queue', () => {
    const world = new TestWorld(studyThat('continue'));
    world.happen(...[a, b, c, d].map((site) => approved(site)), paused(d), { type: 'launched', by: 'researcher', rosterEpoch: 0 });
    expect(studyWords(world.state, undefined, world.connected).reason).toContain('paused: d');
    world.happen(resumed(d));
    expect(world.state.activity.phase).toBe('keys');
  });
});

describe('an approval that ends in the middle of a study', () => {
  it('by withdrawal is shown with its code, and a new approval brings the site back', () => {
    const world = launched(new TestWorld(studyThat('continue')));
    upload(world, a, b, c).happen(withdrawn(d));
    expect(status(world, d)).toMatchObject({ state: 'refused', code: 'APPROVAL_ENDED', sentence: 'The approval has ended (withdrawn).' });
    expect(world.state.activity).toMatchObject({ attempt: { phase: 'closed', contributors: [a, b, c] } });
    world.happen(approved(d));
    expect(status(world, d).code).toBeNull();
  });

  it('by its last day is shown on the day after, and the site is not asked', () => {
    const world = keysConfirmed(new TestWorld(studyThat('continue')));
    world.happen(approved(d, '2026-01-01'));
    seatsReady(world);
    expect(participants(world)).toEqual([a, b, c, d]);
    world.pass(86_401_000);
    expect(status(world, d)).toMatchObject({ state: 'refused', code: 'APPROVAL_ENDED', sentence: 'The approval has ended (expired).' });
    expect(participants(world)).not.toContain(d);
  });

  it('brings the incident of the site, once the site has said so itself', () => {
    const world = launched(new TestWorld(studyThat('continue'))).happen(withdrawn(d));
    const fields = { why: 'withdrawn' };
    world.happen({ type: 'refused', site: d, round: 1, attempt: 0, code: 'APPROVAL_ENDED', fields, incident: '4F2A', decision: 'refused' });
    expect(status(world, d)).toMatchObject({ code: 'APPROVAL_ENDED', incident: '4F2A' });
  });
});

describe('a site that is outside its own hours', () => {
  const HOUR = 3_600_000;
  const closed = (site: SiteName, world: TestWorld): StudyEvent => ({
    type: 'refused',
    site,
    round: world.state.rounds.length + 1,
    attempt: 0,
    code: 'OUTSIDE_HOURS',
    fields: { opens: new Date(world.now + HOUR).toISOString() },
    incident: '4F2A',
    decision: 'refused',
  });

  it('is shown as refused, with the time at which it is back, and nobody has to act', () => {
    const world = launched(new TestWorld(studyThat('continue')));
    world.happen(closed(d, world));
    expect(status(world, d)).toMatchObject({
      state: 'refused',
      code: 'OUTSIDE_HOURS',
      sentence: 'The site begins rounds only in its own hours; they begin again at 2026-01-01T01:00:00.000Z.',
      whoCanAct: expect.stringContaining('Nobody has to') as string,
      incident: '4F2A',
    });
  });

  it('is not asked before they begin, and takes part from then on by itself', () => {
    const world = launched(new TestWorld(studyThat('continue')));
    world.happen(closed(d, world));
    wholeRound(world, a, b, c);
    expect(participants(world)).toEqual([a, b, c]);
    world.pass(HOUR - 60_000);
    expect(status(world, d).state).toBe('refused');
    world.pass(60_000);
    expect(status(world, d).state).not.toBe('refused');
  });

  it('is waited for, without using up attempts, where the study waits', () => {
    const world = launched(new TestWorld(studyThat('wait')));
    world.happen(closed(d, world));
    upload(world, a, b, c).pass(31_000);
    expect(world.state.activity).toMatchObject({ phase: 'waiting', round: 1 });
    world.pass(HOUR / 2);
    expect(world.state.failures).toHaveLength(1);
    world.pass(HOUR / 2);
    expect(participants(world)).toEqual([a, b, c, d]);
  });

  it('is asked about, where the study asks', () => {
    const world = launched(new TestWorld(studyThat('ask')));
    world.happen(closed(d, world));
    upload(world, a, b, c).pass(31_000);
    expect(studyWords(world.state, undefined, world.connected).reason).toContain('--without d');
  });
});
