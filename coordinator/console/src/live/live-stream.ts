import { EventStreamParser } from './event-stream.js';
import { LiveEvent, type LiveState, type ToTab } from './messages.js';

/** The server says something every 15 s; a line that is silent for longer is dead. */
const SILENT_MS = 40_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
const FAILURES_UNTIL_POLLING = 2;
/** The coordinator takes no more on one stream; tabs that show more than this are read anew now and then. */
const MOST_TOPICS = 16;
const SURPLUS_MS = 10_000;

/**
 * The one stream of a browser: the union of what all tabs show. It resumes by Last-Event-ID; where it cannot (other topics, a
 * server that has forgotten), tabs read everything again, so that nothing is lost, and nothing counts twice, because
 * an event only says what to read anew.
 */
export class LiveStream {
  #topics = '';
  #lastId: string | undefined;
  #running: AbortController | undefined;
  #failures = 0;
  #state: LiveState = 'reconnecting';
  #since = Date.now();
  #surplus: ReturnType<typeof setInterval> | undefined;
  readonly #seen = new Map<string, number | string>();

  constructor(private readonly tell: (message: ToTab) => void) {}

  get state(): ToTab {
    return { kind: 'state', state: this.#state, since: this.#since };
  }

  /** @param topics - without any, the stream is closed */
  show(topics: readonly string[]): void {
    // Lists stand before studies, so they are never the ones that are left out.
    const all = [...new Set(topics)].filter((topic) => topic !== '').toSorted((a, b) => a.length - b.length || a.localeCompare(b));
    const wanted = all.slice(0, MOST_TOPICS).join(',');
    clearInterval(this.#surplus);
    this.#surplus = all.length > MOST_TOPICS ? setInterval(() => this.tell({ kind: 'all' }), SURPLUS_MS) : undefined;
    if (wanted === this.#topics) return;
    this.#topics = wanted;
    this.#lastId = undefined;
    this.#seen.clear();
    this.#running?.abort();
    this.#running = undefined;
    if (wanted !== '') void this.#run(wanted);
  }

  async #run(topics: string): Promise<void> {
    const mine = new AbortController();
    this.#running = mine;
    while (!mine.signal.aborted) {
      const resumed = this.#lastId !== undefined;
      try {
        await this.#read(topics, mine.signal, resumed);
        this.#failures += 1;
      } catch {
        this.#failures += 1;
      }
      if (mine.signal.aborted) return;
      this.#become(this.#failures >= FAILURES_UNTIL_POLLING ? 'polling' : 'reconnecting');
      await pause(Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 5), LONGEST_RETRY_MS), mine.signal);
    }
  }

  async #read(topics: string, signal: AbortSignal, resumed: boolean): Promise<void> {
    const cut = new AbortController();
    let watch = setTimeout(() => cut.abort(), SILENT_MS);
    try {
      const response = await fetch(`/api/v1/events?topic=${encodeURIComponent(topics)}`, {
        headers: { accept: 'text/event-stream', ...(this.#lastId === undefined ? {} : { 'last-event-id': this.#lastId }) },
        signal: AbortSignal.any([signal, cut.signal]),
        credentials: 'same-origin',
      });
      if (!response.ok || !response.body) throw new Error(`answered ${response.status}`);
      this.#failures = 0;
      this.#become('live');
      if (!resumed) this.tell({ kind: 'all' });
      const parser = new EventStreamParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(() => cut.abort(), SILENT_MS);
        this.#take(parser.feed(value));
      }
    } finally {
      clearTimeout(watch);
    }
  }

  #take(messages: ReturnType<EventStreamParser['feed']>): void {
    const events: LiveEvent[] = [];
    for (const { id, data } of messages) {
      if (id !== undefined) this.#lastId = id;
      const parsed = LiveEvent.safeParse(parseJson(data));
      if (!parsed.success) continue;
      const { topic, seq } = parsed.data;
      const seen = this.#seen.get(topic);
      if (seq === seen || (typeof seq === 'number' && typeof seen === 'number' && seq < seen)) continue;
      this.#seen.set(topic, seq);
      events.push(parsed.data);
    }
    if (events.length > 0) this.tell({ kind: 'events', events });
  }

  #become(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#since = Date.now();
    this.tell(this.state);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
