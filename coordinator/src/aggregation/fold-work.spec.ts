import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Folder, FoldRequest } from '@consilium/sealed-sum/fold';
import { launched, sitesNamed, testStudy, TestWorld, upload } from '../rounds/builders.js';
import type { StudyEvent } from '../rounds/study-event.js';
import type { StudyState } from '../rounds/study-state.js';
import { FoldWork } from './fold-work.js';
import { Spool } from './spool.js';

const everybody = sitesNamed('a', 'b', 'c', 'd');

describe('the fold of a round', () => {
  let world: TestWorld;
  let requests: FoldRequest[];
  let finish: { readonly resolve: () => void; readonly reject: (error: Error) => void };
  let work: FoldWork;
  let measured: number[];

  beforeEach(() => {
    world = launched(new TestWorld(testStudy()));
    requests = [];
    measured = [];
    const folder: Folder = {
      fold: async (request) => {
        requests.push(request);
        await new Promise<void>((resolve, reject) => (finish = { resolve, reject }));
        return { bytes: 7, sha256: 'ab'.repeat(32) };
      },
      close: async () => undefined,
    };
    const submit = async (_: string, propose: (state: StudyState) => StudyEvent | undefined) => {
      const event = propose(world.state);
      if (event) world.happen(event);
    };
    work = new FoldWork({
      spool: new Spool('/spool'),
      folder,
      log: pino({ level: 'silent' }),
      consortium: 'test',
      submit,
      measured: (_, bytes) => measured.push(bytes),
    });
  });

  it('begins when the list is closed, and takes the contributions of those on it', async () => {
    work.follow(world.state);
    upload(world, ...everybody);
    work.follow(world.state);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    const [request] = requests;
    expect(request?.uploads.map((path) => path.split('/').at(-1))).toEqual(['a.upload', 'b.upload', 'c.upload', 'd.upload']);
    expect(request).toMatchObject({ keyEpoch: 0, parameters: world.study.derived.sums.train });
  });

  it('waits for the shares of a dropped site before it takes its masks out', () => {
    upload(world, ...sitesNamed('a', 'b', 'c')).pass(31_000);
    work.follow(world.state);
    expect(world.state.activity).toMatchObject({ attempt: { phase: 'closed', contributors: ['a', 'b', 'c'] } });
    expect(requests).toHaveLength(0);
  });

  it('runs once, however often the state is looked at', async () => {
    upload(world, ...everybody);
    for (let looks = 0; looks < 3; looks++) work.follow(world.state);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    finish.resolve();
    await vi.waitFor(() =>
      expect(world.state.activity).toMatchObject({
        phase: 'round',
        attempt: { phase: 'folded', fold: { bytes: 7, sha256: 'ab'.repeat(32) } },
      }),
    );
    work.follow(world.state);
    expect(requests).toHaveLength(1);
    expect(measured).toEqual([4 * world.study.derived.sums.train.uploadBytes]);
  });

  it('fails the attempt when the ciphertexts cannot be added, and the next attempt is folded anew', async () => {
    upload(world, ...everybody);
    work.follow(world.state);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    finish.reject(new Error('a worker died'));
    await vi.waitFor(() => expect(world.state.failures).toMatchObject([{ reason: 'unfoldable' }]));
    upload(world, ...everybody);
    work.follow(world.state);
    await vi.waitFor(() => expect(requests).toHaveLength(2));
  });

  it('records nothing for an attempt that is no longer the current one', async () => {
    upload(world, ...everybody);
    work.follow(world.state);
    world.happen({ type: 'ended', outcome: 'stopped', by: 'researcher', reason: 'stopped', sites: [] });
    const before = world.stored.length;
    finish.resolve();
    await vi.waitFor(() => expect(measured).toHaveLength(1));
    expect(world.stored).toHaveLength(before);
  });
});
