import type { SiteName } from '@consilium/protocol';
import { advance } from './advance.js';
import { decide } from './decide.js';
import type { StoredEvent, StudyEvent } from './study-event.js';
import type { StudyState } from './study-state.js';
import type { World } from './world.js';

/** Where a study's events are kept. `append` resolves only once the event is durable. */
export interface EventRecord {
  append(study: string, stored: StoredEvent): Promise<void>;
}

export interface RunnerOptions {
  readonly state: StudyState;
  readonly record: EventRecord;
  /** The moment, as this study must see it. */
  readonly world: (state: StudyState) => World;
  /** Called after each stored event, with the state that follows from it. */
  readonly changed: (state: StudyState, stored: StoredEvent) => void;
}

/**
 * Carries one study through its events, one at a time: store, advance, tell, decide what is next. Nothing is
 * remembered that is not in the record, so a coordinator that was killed at any point goes on from it.
 */
export class StudyRunner {
  #state: StudyState;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: RunnerOptions) {
    this.#state = options.state;
  }

  get state(): StudyState {
    return this.#state;
  }

  /**
   * Stores what `propose` makes of the state at its turn, and all that the coordinator decides from there.
   * @param propose - may throw to refuse, or return nothing where there is nothing to store
   */
  submit(propose: (state: StudyState) => StudyEvent | undefined): Promise<StudyState> {
    return this.#inTurn(async () => {
      const event = propose(this.#state);
      if (event) await this.#store(event);
      await this.#decideAll();
      return this.#state;
    });
  }

  /** The moment has changed: time went on, a site came or went. */
  async reconsider(): Promise<void> {
    if (decide(this.#state, this.options.world(this.#state)) === undefined) return;
    await this.#inTurn(() => this.#decideAll());
  }

  async #decideAll(): Promise<void> {
    for (let event = this.#next(); event; event = this.#next()) await this.#store(event);
  }

  #next(): StudyEvent | undefined {
    return decide(this.#state, this.options.world(this.#state));
  }

  async #store(event: StudyEvent): Promise<void> {
    const stored: StoredEvent = { seq: this.#state.seq + 1, at: new Date(this.options.world(this.#state).now).toISOString(), event };
    await this.options.record.append(this.#state.hash, stored);
    this.#state = advance(this.#state, stored);
    this.options.changed(this.#state, stored);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}

/** Sites in the study's own list only. */
export function isMember(state: StudyState, site: SiteName): boolean {
  return state.study.sites.names.includes(site);
}
