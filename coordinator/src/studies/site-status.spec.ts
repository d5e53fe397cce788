import { SiteName, StudyHash, type RefusalCode } from '@consilium/protocol';
import { Step } from '@consilium/protocol/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SiteStatus } from '../http/study-views.js';
import { agree, confirmKeys, fold, launched, sitesNamed, testStudy, TestWorld, upload } from '../rounds/builders.js';
import type { StudyEvent } from '../rounds/study-event.js';
import type { Presence } from './presence.js';
import { siteStatus } from './site-status.js';

const [a, d] = [SiteName.parse('a'), SiteName.parse('d')];
const everybody = sitesNamed('a', 'b', 'c', 'd');

const statusOf = (world: TestWorld, site = a, presence: Partial<Presence> = {}) =>
  siteStatus(world.state, site, {
    connected: world.connected.has(site),
    lastSeen: undefined,
    step: undefined,
    upload: undefined,
    now: world.now,
    ...presence,
  });

const TWO_HOURS = { seconds: '7200', direction: 'ahead' };
const approved = (site: SiteName): StudyEvent => ({
  type: 'approved',
  site,
  approval: { json: '{}', signature: '00' },
  release: 'ask',
  until: null,
});

const refused = (site: SiteName, code: RefusalCode, fields = {}, decision: 'refused' | 'failed' = 'refused'): StudyEvent => ({
  type: 'refused',
  site,
  round: 1,
  attempt: 0,
  code,
  fields,
  incident: '4F2A',
  decision,
});

/** Field case UX-1: everybody can see why a site is not in the round. */
describe('what people read of a site', () => {
  it('is that it was never connected, or when it was last seen', () => {
    const world = launched(new TestWorld(testStudy())).leave(a);
    expect(statusOf(world)).toMatchObject({ state: 'lost', sentence: 'Never connected.' });
    const lastSeen = world.now - 600_000;
    expect(statusOf(world, a, { lastSeen })).toMatchObject({
      state: 'lost',
      since: '2025-12-31T23:50:00.000Z',
      sentence: 'Last seen 2025-12-31T23:50:00.000Z.',
    });
  });

  it('asks nobody to act while an agent that has just gone reconnects by itself', () => {
    const world = launched(new TestWorld(testStudy())).leave(a);
    expect(statusOf(world, a, { lastSeen: world.now - 1_000 }).whoCanAct).toMatch(/^Nobody yet/);
    expect(statusOf(world, a, { lastSeen: world.now - 60_000 }).whoCanAct).toMatch(/^Site IT at a/);
  });

  it('is that its approval is waited for, and the command that gives it', () => {
    const world = new TestWorld(testStudy());
    expect(statusOf(world)).toMatchObject({ state: 'not-approved', sentence: 'Waiting for approval at the site.' });
    expect(statusOf(world).whoCanAct).toContain(`consilium-site study approve ${world.state.hash.slice(0, 8)}`);
  });

  it('is that the study key is waited for', () => {
    const world = launched(new TestWorld(testStudy()));
    world.happen({ type: 'keysAsked', keyEpoch: 1, steward: everybody[1]! });
    expect(statusOf(world)).toMatchObject({ state: 'approved', sentence: 'Waiting for the study key of epoch 1.' });
    confirmKeys(world, everybody);
    expect(statusOf(world).sentence).toBeNull();
  });

  it.each([
    ['COHORT_UNKNOWN', { cohort: 'heart' }, /^Cohort heart is not offered/],
    ['COHORT_SCHEMA', { column: 'chol', expected: 'number' }, /column chol is missing or is not number/],
    ['COHORT_TOO_SMALL', {}, /^[^0-9]*smaller than the site allows/],
    ['APPROVAL_STALE', { approved: 'ab12', current: 'cd34' }, /another version of the specification/],
    ['VERSION_TOO_OLD', { have: '0', need: '1' }, /version 0; 1 is needed/],
    ['DISK_FULL', {}, /not enough disk at the site/],
  ] as const)('names the reason of %s, who can act, and the incident', (code, fields, sentence) => {
    const world = launched(new TestWorld(testStudy({ onMissing: { refused: 'ask' } }))).happen(refused(a, code, fields));
    expect(statusOf(world)).toMatchObject({
      state: 'refused',
      code,
      sentence: expect.stringMatching(sentence) as string,
      incident: '4F2A',
    });
    expect(statusOf(world).whoCanAct).not.toBe('');
  });

  it('is every reason at once, the first of them its state, and none of them twice', () => {
    const world = new TestWorld(testStudy());
    const told = (code: RefusalCode, fields = {}) => ({ code, fields, since: world.now });
    const obstacles = [told('NOT_APPROVED'), told('POLICY_MODE', { mode: 'none' }), told('DISK_FULL'), told('CLOCK_SKEW', TWO_HOURS)];
    const status = statusOf(world, a, { obstacles });
    expect(status.state).toBe('not-approved');
    expect(status.reasons.map(({ sentence }) => sentence)).toEqual([
      'Waiting for approval at the site.',
      'Privacy mode none is not allowed by the site.',
      'There is not enough disk at the site for its state.',
      'The clock differs by 2 h: that of the site is ahead.',
    ]);
    expect(status.reasons.every(({ whoCanAct, since }) => whoCanAct !== '' && since !== null)).toBe(true);
  });

  it('is blocked by what the site says of itself once it has approved, and not while it works in a round', () => {
    const obstacles = [{ code: 'DISK_FULL' as const, fields: {}, since: 0 }];
    const world = launched(new TestWorld(testStudy()));
    const step = { study: world.state.hash, round: 1, attempt: 0, step: Step.STEP_TRAINING, since: world.now };
    expect(statusOf(world, a, { obstacles })).toMatchObject({ state: 'blocked', code: 'DISK_FULL' });
    expect(statusOf(world, a, { obstacles, step })).toMatchObject({ state: 'training', reasons: [{ code: 'DISK_FULL' }] });
    expect(statusOf(world.leave(a), a, { obstacles }).reasons).toMatchObject([{ sentence: 'Never connected.' }]);
  });

  it('is with what the site is busy, and since when', () => {
    const occupant = launched(new TestWorld(testStudy())).state;
    const world = new TestWorld(testStudy()).happen(...everybody.map(approved), { type: 'launched', by: 'researcher', rosterEpoch: 0 });
    expect(statusOf(world, a, { occupant })).toMatchObject({
      state: 'blocked',
      since: occupant.launchedAt,
      sentence: `Busy with another study, test (${occupant.hash.slice(0, 8)}), since ${occupant.launchedAt}.`,
    });
  });

  it('is which version an agent has that is too old, and which it needs', () => {
    const world = launched(new TestWorld(testStudy())).leave(a);
    const turnedAway = { have: 0, need: 1, at: world.now };
    expect(statusOf(world, a, { turnedAway })).toMatchObject({
      state: 'lost',
      code: 'VERSION_TOO_OLD',
      sentence: 'The agent speaks version 0; 1 is needed.',
    });
  });

  it('is that another version is the approved one, by the record or by the word of the site', () => {
    const world = new TestWorld(testStudy());
    const stale = { state: 'not-approved', code: 'APPROVAL_STALE', sentence: expect.stringMatching(/another version.*ab12cd34/) as string };
    expect(statusOf(world, a, { approvedOther: StudyHash.parse('ab12cd34'.repeat(8)) })).toMatchObject(stale);
    const fields = { approved: 'ab12cd34', current: world.state.hash.slice(0, 8) };
    expect(statusOf(world, a, { obstacles: [{ code: 'APPROVAL_STALE', fields, since: 0 }] })).toMatchObject(stale);
  });

  it('keeps an error and a decision apart', () => {
    const world = launched(new TestWorld(testStudy())).happen(refused(a, 'NOT_FINITE', { tensor: 'w', step: '3' }, 'failed'));
    expect(statusOf(world)).toMatchObject({ state: 'failed', sentence: expect.stringMatching(/tensor w, step 3/) as string });
  });

  it('still says why a site was not in it when the study is over', () => {
    const world = launched(new TestWorld(testStudy())).happen(refused(d, 'DATA_UNREADABLE', {}, 'failed'));
    world.happen({ type: 'ended', outcome: 'stopped', by: 'researcher', reason: 'stopped', sites: [] });
    expect(statusOf(world, d)).toMatchObject({ state: 'failed', code: 'DATA_UNREADABLE' });
    expect(statusOf(world, a)).toMatchObject({ state: 'done', since: new Date(world.now).toISOString() });
  });

  it('follows a site through a round: at work, counted, applied', () => {
    const world = launched(new TestWorld(testStudy()));
    const at = (step: Step) => ({ step: { study: world.state.hash, round: 1, attempt: 0, step, since: world.now } });
    expect(statusOf(world).state).toBe('ready');
    expect([Step.STEP_TRAINING, Step.STEP_SEALING, Step.STEP_UPLOADING].map((step) => statusOf(world, a, at(step)).state)).toEqual([
      'training',
      'sealing',
      'uploading',
    ]);
    upload(world, ...everybody);
    expect(statusOf(world).state).toBe('counted');
    fold(world);
    expect(statusOf(world, a, at(Step.STEP_OPENING)).state).toBe('opening');
    agree(world, 'one', a);
    expect(statusOf(world).state).toBe('applied');
  });

  it('does not take the step of another round, attempt or study for one of this', () => {
    const world = launched(new TestWorld(testStudy()));
    const step = { study: world.state.hash, round: 1, attempt: 0, step: Step.STEP_TRAINING, since: world.now };
    for (const other of [{ round: 2 }, { attempt: 1 }, { study: 'another' }])
      expect(statusOf(world, a, { step: { ...step, ...other } }).state).toBe('ready');
  });

  it('is late, not lost and not refused, for a site that is alive past the deadline', () => {
    const world = launched(new TestWorld(testStudy({ mandatory: ['d'], retries: 0 })));
    expect(statusOf(world, d, { now: world.now + 31_000 })).toMatchObject({ state: 'late', since: expect.any(String) as string });
  });

  it('is out of step for a site whose state differs', () => {
    const world = upload(launched(new TestWorld(testStudy())), ...everybody);
    agree(agree(fold(world), 'another', d), 'one', ...sitesNamed('a', 'b', 'c'));
    expect(statusOf(world, d)).toMatchObject({ state: 'out-of-step', code: 'OUT_OF_STEP' });
  });

  it('is in every situation one of the known words with whole sentences, never "unknown", "?" or "None"', () => {
    const site = fc.constantFrom(...everybody);
    const move = fc.oneof(
      fc.record({ act: fc.constantFrom('leave', 'comeBack', 'upload', 'agree', 'excuse', 'SUM_CHECK' as const), site }),
      fc.record({ act: fc.constantFrom('fold', 'pass', 'stop' as const), site }),
      fc.record({ act: fc.constant('refuse' as const), site }),
    );
    const presence = fc.record({
      lastSeen: fc.option(fc.integer({ min: 0, max: 2e12 }), { nil: undefined }),
      step: fc.constant(undefined),
      obstacles: fc.array(
        fc.constantFrom(
          { code: 'DISK_FULL' as const, fields: {}, since: 0 },
          { code: 'CLOCK_SKEW' as const, fields: TWO_HOURS, since: 0 },
          { code: 'NOT_APPROVED' as const, fields: {}, since: 0 },
        ),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(fc.boolean(), fc.array(move, { maxLength: 20 }), presence, (started, moves, seen) => {
        const world = new TestWorld(testStudy({ retries: 1 }));
        if (started) launched(world);
        for (const { act, site: mover } of moves) play(world, act, mover);
        for (const name of everybody) {
          const status = SiteStatus.parse(statusOf(world, name, seen));
          const reasons = status.reasons.flatMap(({ sentence, whoCanAct }) => [sentence, whoCanAct]);
          const words = [status.state, status.sentence, status.whoCanAct, ...reasons].filter((text) => text !== null);
          for (const text of words) expect(text).not.toMatch(/unknown|\?|\bnone\b|undefined|null|NaN|Invalid/i);
          if (['refused', 'failed', 'late', 'lost', 'not-approved', 'out-of-step'].includes(status.state))
            expect(status.sentence && status.whoCanAct).toBeTruthy();
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** Something that may happen, where the study is at a point at which it can. */
function play(world: TestWorld, act: string, site: SiteName): void {
  const { activity } = world.state;
  const attempt = activity.phase === 'round' ? activity.attempt : undefined;
  if (act === 'leave') world.leave(site);
  if (act === 'comeBack') world.comeBack(site);
  if (act === 'pass') world.pass(20_000);
  if (act === 'refuse') world.happen(refused(site, 'COHORT_TOO_SMALL'));
  if (act === 'excuse' && world.state.refusals.has(site)) world.happen({ type: 'excused', site, by: 'researcher' });
  if (act === 'stop' && site === 'd') world.happen({ type: 'ended', outcome: 'stopped', by: 'researcher', reason: 'stopped', sites: [] });
  if (act === 'upload' && attempt && !attempt.uploads.has(site)) upload(world, site);
  if (act === 'fold' && attempt?.phase === 'closed') fold(world);
  if ((act === 'agree' || act === 'SUM_CHECK') && attempt?.phase === 'folded') agree(world, act, site);
}
