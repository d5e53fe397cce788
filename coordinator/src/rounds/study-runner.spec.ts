import { beforeEach, describe, expect, it } from 'vitest';
import { sitesNamed, TestWorld, testStudy } from './builders.js';
import type { StoredEvent, StudyEvent } from './study-event.js';
import { StudyRunner } from './study-runner.js';

const all = sitesNamed('a', 'b', 'c', 'd');
const [a] = all as [never];

const approved = (site: (typeof all)[number]): StudyEvent => ({
  type: 'approved',
  site,
  approval: { json: '{}', signature: '00' },
  release: 'ask',
  until: null,
});

/** A record whose disk a test holds back, or breaks. */
class TestRecord {
  readonly written: (readonly StoredEvent[])[] = [];
  broken = false;
  #held: PromiseWithResolvers<void> | undefined;

  async append(_: string, stored: readonly StoredEvent[]): Promise<void> {
    await this.#held?.promise;
    if (this.broken) throw new Error('disk');
    this.written.push(stored);
  }

  hold(): void {
    this.#held = Promise.withResolvers();
  }

  go(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }
}

describe('the runner of a study', () => {
  const world = new TestWorld(testStudy());
  let record: TestRecord;
  let told: { readonly type: string; readonly written: number }[];
  let runner: StudyRunner;

  beforeEach(() => {
    record = new TestRecord();
    told = [];
    runner = new StudyRunner({
      state: world.state,
      record,
      world: () => world.world,
      changed: (steps) => told.push(...steps.map(({ stored }) => ({ type: stored.event.type, written: record.written.flat().length }))),
    });
  });

  it('writes what comes in meanwhile in one go, in its order and without gaps', async () => {
    record.hold();
    const submitted = all.map((site) => runner.submit(() => approved(site)));
    record.go();
    const states = await Promise.all(submitted);
    expect(record.written.map((batch) => batch.map(({ seq }) => seq))).toEqual([[1], [2, 3, 4]]);
    expect(states.map(({ approvals }) => approvals.size)).toEqual([1, 2, 3, 4]);
  });

  it('proposes over what was proposed before it, and stores what the coordinator decides from there', async () => {
    await Promise.all(all.map((site) => runner.submit(() => approved(site))));
    await runner.submit(() => ({ type: 'launched', by: 'researcher', rosterEpoch: 0 }));
    expect(record.written.at(-1)?.map(({ event }) => event.type)).toEqual(['launched', 'keysAsked']);
    record.hold();
    const first = runner.submit(() => undefined);
    const twice = [1, 2].map(() =>
      runner.submit(({ approvals }) =>
        approvals.has(a) ? { type: 'withdrawn', site: a, approval: { json: '{}', signature: '00' } } : undefined,
      ),
    );
    record.go();
    await Promise.all([first, ...twice]);
    expect(record.written.flat().filter(({ event }) => event.type === 'withdrawn')).toHaveLength(1);
  });

  it('tells nothing before it is written', async () => {
    record.hold();
    const submitted = [a, a].map(() => runner.submit(() => approved(a)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    expect(runner.state.seq).toBe(0);
    record.go();
    await Promise.all(submitted);
    expect(told).toEqual([
      { type: 'approved', written: 1 },
      { type: 'approved', written: 2 },
    ]);
  });

  it('goes on from where it was when the record fails, and says so to all whose words were to be written', async () => {
    record.broken = true;
    record.hold();
    const submitted = all.map((site) => runner.submit(() => approved(site)));
    record.go();
    expect((await Promise.allSettled(submitted)).map(({ status }) => status)).toEqual(all.map(() => 'rejected'));
    expect([runner.state.seq, told]).toEqual([0, []]);
    record.broken = false;
    await runner.submit(() => approved(a));
    expect(record.written.flat().map(({ seq }) => seq)).toEqual([1]);
  });

  it('refuses one of several and keeps the others', async () => {
    record.hold();
    const refuse = () => {
      throw new Error('no');
    };
    const submitted = [runner.submit(() => approved(a)), runner.submit(refuse), runner.submit(() => approved(a))];
    record.go();
    expect((await Promise.allSettled(submitted)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(record.written.flat()).toHaveLength(2);
  });
});
