import { ConsiliumError } from '@consilium/protocol';
import type { Reach } from '../access/index.js';
import { ClientStream, type Line } from './client-stream.js';
import type { StreamSources } from './stream-sources.js';
import { resumed, studyOf, type Level, type Place, type Topic } from './topics.js';

export interface StreamLimits {
  /** Streams at one time, and of one person. */
  readonly clients: number;
  readonly each: number;
  readonly beatMs: number;
  /** How often levels are looked at. */
  readonly levelsMs: number;
  /** A stream ends after this time, and its client comes back: with the rights that it has then. */
  readonly lifeMs: number;
}

export const STREAM_LIMITS: StreamLimits = { clients: 1_000, each: 32, beatMs: 15_000, levelsMs: 1_000, lifeMs: 900_000 };

export interface Viewer {
  readonly id: string;
  readonly reach: Reach;
  /** Whether the stream would still be opened now, to see as much: looked at with every beat. */
  readonly stillAllowed?: (() => Promise<boolean>) | undefined;
}

/** All streams of this process. */
export class EventStreams {
  readonly #clients = new Map<ClientStream, string>();
  #stop: (() => void) | undefined;

  constructor(
    private readonly sources: StreamSources,
    private readonly counted: (clients: number) => void = () => undefined,
    private readonly limits: StreamLimits = STREAM_LIMITS,
  ) {}

  /** @throws ConsiliumError STREAMS_FULL */
  requireRoom({ id }: Viewer): void {
    const own = [...this.#clients.values()].filter((other) => other === id).length;
    if (this.#clients.size < this.limits.clients && own < this.limits.each) return;
    throw new ConsiliumError({
      code: 'STREAMS_FULL',
      errorClass: 'unreachable',
      message:
        own < this.limits.each
          ? 'As many people watch as this coordinator serves at one time.'
          : 'You have as many live views open as one person may have.',
      fix: own < this.limits.each ? 'Try again in a minute; meanwhile ask again with If-None-Match.' : 'Close some of your windows.',
    });
  }

  /**
   * Where a client begins in each topic: where it was, or now. A record that has meanwhile been restored from a backup may
   * be shorter than what it saw.
   * @param id - `Last-Event-ID`
   * @throws ConsiliumError STUDY_UNKNOWN
   */
  async placesOf(topics: readonly Topic[], id: string | undefined, { reach }: Viewer): Promise<ReadonlyMap<Topic, Place>> {
    const places = new Map<Topic, Place>();
    for (const [topic, place] of resumed(topics, id)) {
      const study = studyOf(topic);
      if (study === undefined) places.set(topic, place ?? (await this.sources.versionOf(topic as Level, reach)));
      else places.set(topic, Math.min(Number(place ?? Number.POSITIVE_INFINITY), await this.sources.lastOf(study)));
    }
    return places;
  }

  /**
   * Serves one client until its line is closed, its time is over, its viewer may no longer see it, or the coordinator ends.
   * @throws what a source throws
   */
  async serve(line: Line, viewer: Viewer, places: ReadonlyMap<Topic, Place>): Promise<void> {
    const client = new ClientStream(line, viewer.reach, this.sources);
    this.#clients.set(client, viewer.id);
    this.#start();
    this.counted(this.#clients.size);
    const beat = setInterval(() => {
      client.beat();
      void stillAllowed(viewer).then((allowed) => (allowed ? undefined : client.end()));
    }, this.limits.beatMs);
    const life = setTimeout(() => client.end(), this.limits.lifeMs);
    const looking = setInterval(() => (line.closed ? client.end() : undefined), this.limits.levelsMs);
    try {
      await client.run(places);
    } finally {
      clearInterval(beat);
      clearInterval(looking);
      clearTimeout(life);
      this.#clients.delete(client);
      this.counted(this.#clients.size);
      if (this.#clients.size === 0) this.#stop?.();
    }
  }

  /** Ends every stream: clients come back to whoever answers next. */
  endAll(): void {
    for (const client of this.#clients.keys()) client.end();
  }

  #start(): void {
    if (this.#stop) return;
    const ignore = this.sources.watch((study) => {
      for (const client of this.#clients.keys()) client.poke(`study:${study}`);
    });
    const levels = setInterval(() => {
      for (const client of this.#clients.keys()) client.poke('levels');
    }, this.limits.levelsMs);
    this.#stop = () => {
      ignore();
      clearInterval(levels);
      this.#stop = undefined;
    };
  }
}

/** Where nobody can say, the client comes back and asks. */
async function stillAllowed({ stillAllowed: ask }: Viewer): Promise<boolean> {
  return ask === undefined || ask().catch(() => false);
}
