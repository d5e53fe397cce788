import type { SiteName } from '@consilium/protocol';
import { advance } from './advance.js';
import { decide } from './decide.js';
import type { StoredEvent, StudyEvent } from './study-event.js';
import type { StudyState } from './study-state.js';
import type { World } from './world.js';

/** Where a study's events are kept. `append` resolves only once all of them are durable; it keeps all or none. */
export interface EventRecord {
  append(study: string, stored: readonly StoredEvent[]): Promise<void>;
}

/** A stored event, and the state that follows from it. */
export interface StudyStep {
  readonly stored: StoredEvent;
  readonly state: StudyState;
}

/** @throws to refuse; returns nothing where there is nothing to store */
type Propose = (state: StudyState) => StudyEvent | undefined;

interface Submitted {
  readonly propose: Propose;
  readonly resolve: (state: StudyState) => void;
  readonly reject: (error: unknown) => void;
}

export interface RunnerOptions {
  readonly state: StudyState;
  readonly record: EventRecord;
  /** The moment, as this study must see it. */
  readonly world: (state: StudyState) => World;
  /** Called once the events are durable, in their order. */
  readonly changed: (steps: readonly StudyStep[]) => void;
}

/**
 * Carries one study through its events: advance, decide what is next, store, tell. What comes in while the record is
 * writing waits, and is then written in one go, so that a signature of each of many sites does not cost a wait for the
 * disk each. Nothing is told or remembered that is not in the record, so a coordinator that was killed at any point goes
 * on from it.
 */
export class StudyRunner {
  #state: StudyState;
  readonly #waiting: Submitted[] = [];
  #running = false;

  constructor(private readonly options: RunnerOptions) {
    this.#state = options.state;
  }

  get state(): StudyState {
    return this.#state;
  }

  /**
   * Stores what `propose` makes of the state at its turn, and all that the coordinator decides from there.
   * @returns the state after that; others may have gone on from it
   * @throws what `propose` throws, and what the record throws: then nothing has happened
   */
  submit(propose: Propose): Promise<StudyState> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ propose, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  /** The moment has changed: time went on, a site came or went. */
  async reconsider(): Promise<void> {
    if (decide(this.#state, this.options.world(this.#state)) === undefined) return;
    await this.submit(() => undefined);
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#turn(this.#waiting.splice(0));
    // In the same turn as the last look at `waiting`, so that nothing falls between.
    this.#running = false;
  }

  async #turn(batch: readonly Submitted[]): Promise<void> {
    const steps: StudyStep[] = [];
    const settle = batch.map(({ propose, resolve, reject }) => {
      try {
        const state = this.#follow(propose, steps);
        return { settle: () => resolve(state), reject };
      } catch (error) {
        return { settle: () => reject(error), reject };
      }
    });
    try {
      if (steps.length > 0) await this.#keep(steps);
      for (const one of settle) one.settle();
    } catch (error) {
      for (const one of settle) one.reject(error);
    }
  }

  /** What one proposal leads to, from where the proposals before it lead to; nothing of it counts yet. */
  #follow(propose: Propose, steps: StudyStep[]): StudyState {
    let state = steps.at(-1)?.state ?? this.#state;
    for (let event = propose(state); ; event = undefined) {
      event ??= decide(state, this.options.world(state));
      if (!event) return state;
      const stored: StoredEvent = { seq: state.seq + 1, at: new Date(this.options.world(state).now).toISOString(), event };
      state = advance(state, stored);
      steps.push({ stored, state });
    }
  }

  async #keep(steps: readonly StudyStep[]): Promise<void> {
    await this.options.record.append(
      this.#state.hash,
      steps.map(({ stored }) => stored),
    );
    this.#state = steps.at(-1)?.state ?? this.#state;
    this.options.changed(steps);
  }
}

/** Sites in the study's own list only. */
export function isMember(state: StudyState, site: SiteName): boolean {
  return state.study.sites.names.includes(site);
}
