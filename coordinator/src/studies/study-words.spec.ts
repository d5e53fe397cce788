import { SiteName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { agree, fold, launched, sitesNamed, testStudy, TestWorld, upload } from '../rounds/builders.js';
import type { AttemptFailure, StudyEvent } from '../rounds/study-event.js';
import { failureSentence, studyWords } from './study-words.js';

const everybody = sitesNamed('a', 'b', 'c', 'd');
const [a, b, d] = [SiteName.parse('a'), SiteName.parse('b'), SiteName.parse('d')];
const wordsOf = (world: TestWorld, holder?: TestWorld) => studyWords(world.state, holder?.state, world.connected);
const approved = (site: SiteName): StudyEvent => ({
  type: 'approved',
  site,
  approval: { json: '{}', signature: '00' },
  release: 'ask',
  until: null,
});
const voted = (site: SiteName, vote: 'yes' | 'no'): StudyEvent => ({
  type: 'voted',
  site,
  vote,
  bundleHmac: 'aa',
  statement: { json: '{}', signature: '00' },
});
const refused = (site: SiteName): StudyEvent => ({
  type: 'refused',
  site,
  round: 1,
  attempt: 0,
  code: 'COHORT_TOO_SMALL',
  fields: {},
  incident: '',
  decision: 'refused',
});

/** All rounds are done. */
function trained(): TestWorld {
  const world = launched(new TestWorld(testStudy()));
  for (let round = 1; round <= 3; round++) agree(fold(upload(world, ...everybody)), `state ${round}`, ...everybody);
  return world;
}

describe('the word for what a study does, and its reason', () => {
  it('names who has not approved, and then that it can be launched', () => {
    const world = new TestWorld(testStudy()).happen(approved(a));
    expect(wordsOf(world)).toEqual({ word: 'proposed', reason: 'Waiting for 3 of 4 approvals: b, c, d.' });
    world.happen(...sitesNamed('b', 'c', 'd').map(approved));
    expect(wordsOf(world)).toEqual({ word: 'proposed', reason: 'Approved by all sites; ready to launch.' });
  });

  it('says of a queued study what it waits behind, or for whom', () => {
    const world = new TestWorld(testStudy()).leave(b);
    world.happen(...everybody.map(approved), { type: 'launched', by: 'researcher', rosterEpoch: 0 });
    expect(wordsOf(world)).toEqual({
      word: 'queued',
      reason: 'Queued; a study begins when all its sites are there: 3 of 4 are ready (not connected: b).',
    });
    world.happen({ type: 'withdrawn', site: a, approval: { json: '{}', signature: '00' } });
    expect(wordsOf(world).reason).toContain('(not connected: b; not approved: a)');
    const holder = launched(new TestWorld(testStudy()));
    expect(wordsOf(world, holder).reason).toBe(`Queued behind study test (${holder.state.hash.slice(0, 8)}), which occupies a, b, c, d.`);
  });

  it('counts who is ready where too few are, and says who is missing', () => {
    const world = trained();
    const running = launched(new TestWorld(testStudy()));
    fold(upload(running, ...everybody))
      .leave(b)
      .leave(d);
    agree(running, 'state 1', ...everybody);
    expect(wordsOf(running).reason).toContain('2 of 3 needed sites are ready; missing: b, d.');
    expect(wordsOf(world).reason).not.toContain('needed sites are ready');
  });

  it('says that a round waits for space on the disk, how much, and who frees it', () => {
    const world = fold(upload(launched(new TestWorld(testStudy())), ...everybody));
    world.spoolRoom = 0;
    agree(world, 'state 1', ...everybody);
    const words = studyWords(world.state, undefined, world.connected, world.spoolRoom);
    expect(words.word).toBe('waiting');
    expect(words.reason).toMatch(/^Round 2 waits for space on the coordinator's disk: it needs \d+ MiB, and 0 MiB are free; .*admin/);
    world.spoolRoom = 2 ** 30;
    world.pass(0);
    expect(wordsOf(world)).toMatchObject({ word: 'running' });
  });

  it('names the sites that do not hold the keys yet', () => {
    const world = launched(new TestWorld(testStudy())).leave(d).happen({ type: 'keysAsked', keyEpoch: 1, steward: a });
    expect(wordsOf(world)).toEqual({ word: 'keys', reason: 'Keys of epoch 1 are being handed out; not confirmed: a, b, c, d.' });
  });

  it('says whose word a site waits for that has started again', () => {
    const waits: StudyEvent = { ...refused(b), code: 'WITNESSES', fields: { missing: 'a, d' }, decision: 'failed' } as StudyEvent;
    const sentence = 'Waits for witnesses: a, d; b started again and needs their word on what it signed before.';
    const world = upload(launched(new TestWorld(testStudy())), a).happen(waits);
    expect(wordsOf(world)).toEqual({ word: 'waiting', reason: `Round 1: ${sentence}` });
    upload(world, b);
    expect(wordsOf(world).word).toBe('running');
    const closed = upload(world, ...sitesNamed('c', 'd')).happen(waits);
    expect(wordsOf(closed)).toEqual({ word: 'waiting', reason: `Round 1: ${sentence}` });
    closed.happen({ type: 'listSigned', site: b, round: 1, attempt: 0, signature: 'aa' });
    expect(wordsOf(closed).word).toBe('running');
    const between = agree(fold(closed), 'one', ...sitesNamed('a', 'c', 'd')).happen(waits);
    expect(wordsOf(between)).toEqual({ word: 'waiting', reason: `Round 2 waits for b. ${sentence}` });
  });

  it('counts who is in, and names who is not', () => {
    const world = upload(launched(new TestWorld(testStudy())), a, d);
    expect(wordsOf(world)).toEqual({ word: 'running', reason: 'Round 1: 2 of 4 sites are in; not yet: b, c.' });
    upload(world, ...sitesNamed('b', 'c'));
    expect(wordsOf(world).reason).toBe('Round 1: 0 sites have signed the list of contributors; 3 are needed.');
    agree(fold(world), 'one', a);
    expect(wordsOf(world).reason).toBe('Round 1: 1 sites have applied the sum; 3 are needed.');
  });

  it('asks the researcher about a refusal, with the command that answers', () => {
    const world = upload(launched(new TestWorld(testStudy({ onMissing: { refused: 'ask' } }))), ...sitesNamed('a', 'b', 'c')).happen(
      refused(d),
    );
    const { word, reason } = wordsOf(world);
    expect(word).toBe('waiting');
    expect(reason).toContain(`consilium study continue ${world.state.hash.slice(0, 8)} --without d`);
  });

  it('says between rounds for whom it waits, and not for a site that it goes on without', () => {
    const world = launched(new TestWorld(testStudy())).leave(b);
    agree(fold(upload(world, ...everybody)), 'one', ...sitesNamed('a', 'c', 'd'));
    expect(wordsOf(world)).toEqual({ word: 'waiting', reason: 'Round 2 waits for b.' });
    const disagreeing = launched(new TestWorld(testStudy())).leave(b);
    agree(fold(upload(disagreeing, ...everybody)), 'another', d);
    agree(disagreeing, 'one', ...sitesNamed('a', 'b', 'c'));
    expect(wordsOf(disagreeing)).toEqual({ word: 'waiting', reason: 'Round 2 waits for b.' });
  });

  it('says how many sites have agreed to release, and who has not voted', () => {
    const world = trained().happen(voted(a, 'yes'));
    expect(wordsOf(world)).toEqual({
      word: 'releasing',
      reason: 'Sealed: 1 of 4 needed sites have agreed to release; waiting for b, c, d.',
    });
    world.happen(voted(b, 'no'));
    expect(wordsOf(world)).toEqual({ word: 'done', reason: 'All rounds are done; the model stays at the sites, because b voted no.' });
  });

  it('tells a stop from a failure', () => {
    const stopped = launched(new TestWorld(testStudy())).happen({
      type: 'ended',
      outcome: 'stopped',
      by: 'dr-who',
      reason: 'stopped',
      sites: [],
    });
    expect(wordsOf(stopped)).toEqual({ word: 'stopped', reason: 'Stopped by dr-who.' });
    const failed = upload(launched(new TestWorld(testStudy({ retries: 0 }))), a).pass(31_000);
    expect(wordsOf(failed)).toEqual({
      word: 'failed',
      reason: 'Round 1 failed as often as the study allows (sites.retries): 1 of 3 needed sites contributed; missing: b, c, d.',
    });
  });

  it('is a whole sentence for every way in which an attempt fails', () => {
    const world = upload(launched(new TestWorld(testStudy())), a, d).pass(31_000);
    const [failure] = world.state.failures;
    for (const reason of ['tooFew', 'missing', 'unfoldable', 'sumCheck'] satisfies AttemptFailure[])
      expect(failureSentence({ ...failure!, reason }, world.study)).toMatch(/^[A-Z0-9].*\.$/);
    expect(failureSentence(failure!, world.study)).toBe('2 of 3 needed sites contributed; missing: b, c.');
  });
});
