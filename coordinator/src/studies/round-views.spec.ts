import { SiteName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { RoundView } from '../http/study-views.js';
import { agree, fold, launched, sitesNamed, testStudy, TestWorld, upload } from '../rounds/builders.js';
import { roundViews } from './round-views.js';

const everybody = sitesNamed('a', 'b', 'c', 'd');
const d = SiteName.parse('d');
const viewsOf = (world: TestWorld) => roundViews(world.state).map((view) => RoundView.parse(view));

describe('the rounds as people see them', () => {
  it('are none before the first one', () => {
    expect(viewsOf(new TestWorld(testStudy()))).toEqual([]);
  });

  it('show the running one with those who are in so far', () => {
    const world = upload(launched(new TestWorld(testStudy())), d);
    expect(viewsOf(world)).toMatchObject([
      {
        round: 1,
        attempt: 0,
        kind: 'train',
        outcome: 'running',
        participants: everybody,
        contributors: ['d'],
        endedAt: null,
        foldSha256: null,
      },
    ]);
  });

  it('show of a finished one who contributed, its sum, and who does not agree with its outcome', () => {
    const world = upload(launched(new TestWorld(testStudy())), ...everybody);
    agree(agree(fold(world), 'another', d), 'one', ...sitesNamed('a', 'b', 'c'));
    expect(viewsOf(world)[0]).toMatchObject({ outcome: 'done', contributors: everybody, foldBytes: 2, foldSha256: 'ee', outOfStep: ['d'] });
  });

  it('show a failed attempt beside the one that followed, in order, with the reason', () => {
    const world = upload(launched(new TestWorld(testStudy())), ...sitesNamed('a', 'b')).pass(31_000);
    const [failed, running] = viewsOf(world);
    expect(failed).toMatchObject({
      round: 1,
      attempt: 0,
      outcome: 'failed',
      contributors: ['a', 'b'],
      reason: '2 of 3 needed sites contributed; missing: c, d.',
    });
    expect(Date.parse(failed?.endedAt ?? '')).toBeGreaterThan(Date.parse(failed?.announcedAt ?? ''));
    expect(running).toMatchObject({ round: 1, attempt: 1, outcome: 'running' });
  });

  it('end with one that only evaluates', () => {
    const world = launched(new TestWorld(testStudy()));
    for (let round = 1; round <= 3; round++) agree(fold(upload(world, ...everybody)), `state ${round}`, ...everybody);
    expect(viewsOf(world).map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual(['train done', 'train done', 'evaluate done']);
  });
});
