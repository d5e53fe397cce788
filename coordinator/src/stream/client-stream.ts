import { withinReach, type Reach } from '../access/index.js';
import type { StreamEvent } from './stream-event.js';
import type { StreamSources } from './stream-sources.js';
import { studyOf, writePlaces, type Level, type Place, type Topic } from './topics.js';

/** What a stream is written to: an HTTP response that has sent its head. */
export interface Line {
  /** @returns false where nothing more should be written before {@link drained} */
  write(text: string): boolean;
  /** Resolves when there is room again, or the line is closed. */
  drained(): Promise<void>;
  readonly closed: boolean;
}

/**
 * One client's stream. It pulls: a place in each topic, and what lies behind it is read and written as fast as the line
 * takes it. A slow client is behind, and costs no memory; one that comes back goes on at its places, whatever has
 * happened to it or to the coordinator meanwhile. So no event is lost, and none comes twice.
 */
export class ClientStream {
  readonly #places = new Map<Topic, Place>();
  #wake: (() => void) | undefined;
  #dirty = true;
  #levelsDue = true;
  #ended = false;

  constructor(
    private readonly line: Line,
    private readonly reach: Reach,
    private readonly sources: StreamSources,
  ) {}

  /** A study has changed, or the time has come to look at the levels. */
  poke(what: Topic | 'levels'): void {
    if (what === 'levels') this.#levelsDue ||= [...this.#places.keys()].some((topic) => studyOf(topic) === undefined);
    else if (this.#places.has(what)) this.#dirty = true;
    if (this.#dirty || this.#levelsDue) this.#rouse();
  }

  /** Says that the line still stands; nothing where it takes nothing more. */
  beat(): void {
    if (this.#wake) this.line.write(': \n\n');
  }

  end(): void {
    this.#ended = true;
    this.#rouse();
  }

  /**
   * Runs until the line is closed or the stream is ended.
   * @throws what a source throws
   */
  async run(places: ReadonlyMap<Topic, Place>): Promise<void> {
    for (const [topic, place] of places) this.#places.set(topic, place);
    await this.#send({ topic: 'stream', seq: 0, type: 'open', data: { topics: [...this.#places.keys()] } });
    while (!this.#over) {
      await this.#catchUp();
      if (!this.#dirty && !this.#levelsDue && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  get #over(): boolean {
    return this.#ended || this.line.closed;
  }

  async #catchUp(): Promise<void> {
    const levels = this.#levelsDue;
    // Before reading: a change that comes meanwhile is looked at again.
    this.#dirty = this.#levelsDue = false;
    for (const [topic, place] of this.#places) {
      const study = studyOf(topic);
      if (study !== undefined) {
        const events = await this.sources.eventsOf(study, Number(place));
        for (const event of events) await this.#step(topic, { ...event, data: ownPart(event.data, this.reach) });
        // There may be more than one go.
        if (events.length > 0) this.#dirty = true;
      } else if (levels) {
        const version = await this.sources.versionOf(topic as Level, this.reach);
        if (version !== place) await this.#step(topic, { topic: topic as Level, seq: version, type: 'changed', data: {} });
      }
    }
  }

  async #step(topic: Topic, event: StreamEvent): Promise<void> {
    if (this.#over) return;
    this.#places.set(topic, event.seq);
    await this.#send(event);
  }

  async #send(event: StreamEvent): Promise<void> {
    const room = this.line.write(`id: ${writePlaces(this.#places)}\ndata: ${JSON.stringify(event)}\n\n`);
    if (!room) await this.line.drained();
  }

  #rouse(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** What a client that is bound to sites sees of an event. One of another site still counts: numbers have no gaps. */
function ownPart(data: StreamEvent['data'], reach: Reach): StreamEvent['data'] {
  const { seen } = withinReach({ seen: data }, reach) as { readonly seen: StreamEvent['data'] | null };
  return seen ?? {};
}
