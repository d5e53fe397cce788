import { StudyHash } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Line } from './client-stream.js';
import { EventStreams, STREAM_LIMITS } from './event-streams.js';
import type { StreamEvent } from './stream-event.js';
import type { StreamSources } from './stream-sources.js';
import { readTopics, resumed, writePlaces, type Topic } from './topics.js';

const [one, two] = ['1', '2'].map((digit) => StudyHash.parse(digit.repeat(64))) as [StudyHash, StudyHash];
const topics: readonly Topic[] = [`study:${one}`, `study:${two}`, 'sites'];
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const viewer = { id: 'ada', reach: 'all' } as const;

/** Records of two studies and a level, as a database holds them: they outlive every stream. */
class Records implements StreamSources {
  readonly last = new Map([
    [one, 0],
    [two, 0],
  ]);
  version = 'v0';
  reads = 0;
  readonly #watchers = new Set<(study: StudyHash) => void>();

  happen(study: StudyHash): void {
    this.last.set(study, (this.last.get(study) ?? 0) + 1);
    for (const watcher of this.#watchers) watcher(study);
  }

  lastOf = async (study: StudyHash) => this.last.get(study) ?? 0;
  versionOf = async () => this.version;
  watch = (changed: (study: StudyHash) => void) => {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  };

  async eventsOf(study: StudyHash, after: number): Promise<readonly StreamEvent[]> {
    this.reads += 1;
    await turn();
    // No more than three at one go, so that there are several.
    const count = Math.min(3, (this.last.get(study) ?? 0) - after);
    return Array.from({ length: Math.max(0, count) }, (_, index) => ({
      topic: `study:${study}` as const,
      seq: after + index + 1,
      type: 'uploaded',
      data: {},
    }));
  }
}

/** What a browser sees: messages, and the id that it comes back with. */
class Browser implements Line {
  readonly seen: StreamEvent[] = [];
  id: string | undefined;
  closed = false;
  room = true;
  #drained: (() => void) | undefined;

  write(text: string): boolean {
    // What is written after the cut never arrives.
    if (this.closed) return false;
    const [, id] = /^id: (.*)$/m.exec(text) ?? [];
    const [, data] = /^data: (.*)$/m.exec(text) ?? [];
    if (id === undefined || data === undefined) return this.room;
    this.id = id;
    this.seen.push(JSON.parse(data) as StreamEvent);
    return this.room;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => (this.#drained = resolve));
  }

  drain(): void {
    this.room = true;
    this.#drained?.();
  }

  seqsOf(study: StudyHash): readonly unknown[] {
    return this.seen.filter(({ topic }) => topic === `study:${study}`).map(({ seq }) => seq);
  }
}

const streamsOver = (records: Records) => new EventStreams(records, undefined, { ...STREAM_LIMITS, levelsMs: 5 });

async function connect(streams: EventStreams, browser: Browser): Promise<() => Promise<void>> {
  browser.closed = false;
  const running = streams.serve(browser, viewer, await streams.placesOf(topics, browser.id, viewer));
  return async () => {
    browser.closed = true;
    await running;
  };
}

describe('a live view', () => {
  it('gets every event once and in order, whenever the line is cut or the coordinator starts again', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('one', 'two', 'turn') },
      { weight: 1, arbitrary: fc.constantFrom('cut', 'restart') },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const records = new Records();
        const browser = new Browser();
        let streams = streamsOver(records);
        let cut = await connect(streams, browser);
        for (const what of steps) {
          if (what === 'one' || what === 'two') records.happen(what === 'one' ? one : two);
          else if (what === 'turn') await turn();
          else {
            await cut();
            if (what === 'restart') streams = streamsOver(records);
            records.happen(one);
            cut = await connect(streams, browser);
          }
        }
        for (let turns = 0; turns < 200 && browser.seqsOf(two).length + browser.seqsOf(one).length < total(records); turns += 1)
          await turn();
        await cut();
        for (const study of [one, two])
          expect(browser.seqsOf(study)).toEqual(Array.from({ length: records.last.get(study) ?? 0 }, (_, index) => index + 1));
      }),
      { numRuns: 60 },
    );
  });

  it('tells of a level that it has changed, also while the client was away, and not how often', async () => {
    const records = new Records();
    const browser = new Browser();
    const cut = await connect(streamsOver(records), browser);
    await turn();
    await cut();
    records.version = 'v1';
    records.version = 'v2';
    const again = await connect(streamsOver(records), browser);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await again();
    expect(browser.seen.filter(({ topic }) => topic === 'sites')).toEqual([{ topic: 'sites', seq: 'v2', type: 'changed', data: {} }]);
  });

  it('reads on for a slow client only as fast as that takes it', async () => {
    const records = new Records();
    const browser = new Browser();
    browser.room = false;
    const cut = await connect(streamsOver(records), browser);
    for (let event = 0; event < 100; event += 1) records.happen(one);
    for (let turns = 0; turns < 50; turns += 1) await turn();
    expect([browser.seen.length, records.reads]).toEqual([1, 0]);
    browser.drain();
    for (let turns = 0; turns < 300; turns += 1) await turn();
    expect(browser.seqsOf(one).length).toBe(100);
    await cut();
  });

  it('ends once its viewer may no longer see what it shows', async () => {
    const streams = new EventStreams(new Records(), undefined, { ...STREAM_LIMITS, beatMs: 5, levelsMs: 5 });
    let allowed = true;
    const watching = { ...viewer, stillAllowed: async () => allowed };
    let over = false;
    const running = streams.serve(new Browser(), watching, await streams.placesOf(topics, undefined, watching)).then(() => (over = true));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(over).toBe(false);
    allowed = false;
    await running;
    const failing = { ...viewer, stillAllowed: () => Promise.reject(new Error('nobody knows')) };
    await streams.serve(new Browser(), failing, await streams.placesOf(topics, undefined, failing));
  });

  it('is refused beyond what one person, or everybody, may have open', async () => {
    const streams = new EventStreams(new Records(), undefined, { ...STREAM_LIMITS, clients: 2, each: 1, levelsMs: 5 });
    const cut = await connect(streams, new Browser());
    expect(() => streams.requireRoom(viewer)).toThrow(expect.objectContaining({ code: 'STREAMS_FULL' }));
    expect(() => streams.requireRoom({ ...viewer, id: 'grace' })).not.toThrow();
    await cut();
    expect(() => streams.requireRoom(viewer)).not.toThrow();
  });

  it('begins where a record that was restored from a backup ends, though its client has seen more', async () => {
    const records = new Records();
    const streams = streamsOver(records);
    const places = await streams.placesOf([`study:${one}`], `study:${one}=7`, viewer);
    expect([...places.values()]).toEqual([0]);
  });
});

describe('the id of an event', () => {
  it('names the place in every topic, and is read back', () => {
    const places = new Map<Topic, number | string>([
      [`study:${one}`, 12],
      ['sites', 'ab_-1'],
    ]);
    expect(resumed([`study:${one}`, 'sites', 'inbox'], writePlaces(places))).toEqual(new Map([...places, ['inbox', undefined]]));
    fc.assert(fc.property(fc.string(), (text) => resumed(topics, text).size === topics.length));
  });

  it.each(['', 'nothing', 'study:12', 'study:', `study:${one},x`])('belongs to known topics: "%s" is refused', (text) => {
    expect(() => readTopics(text)).toThrow(expect.objectContaining({ code: 'TOPIC_UNKNOWN' }));
  });
});

const total = ({ last }: Records): number => [...last.values()].reduce((sum, count) => sum + count, 0);
