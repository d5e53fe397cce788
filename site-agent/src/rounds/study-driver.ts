import { isDeepStrictEqual } from 'node:util';
import type { Assignment } from '@consilium/protocol/wire';
import { retryDelays } from '../connection/retry-delays.js';
import { pause } from '../session/pause.js';

export interface DriverPorts {
  /** Brings the site to where the assignment wants it; idempotent. Stops early, without error, when the signal aborts. */
  readonly act: (assignment: Assignment, signal: AbortSignal) => Promise<void>;
  /** Sorts an error of `act`, and reports it where it is a refusal. Must not throw. */
  readonly onError: (assignment: Assignment, error: unknown) => 'unreachable' | 'refused';
}

/** A coordinator that restarts is back in a moment; what a person must put right takes longer. */
const RETRY = {
  unreachable: { firstMs: 200, maxMs: 10_000 },
  refused: { firstMs: 2_000, maxMs: 10_000 },
} as const;

const freshDelays = () => ({ unreachable: retryDelays(RETRY.unreachable), refused: retryDelays(RETRY.refused) });

/**
 * Whether two assignments ask for the same work. What comes with it may grow meanwhile, such as the signed states of
 * sites that were slow in the round before: no reason to begin anew, but one to look again at what was refused.
 */
function sameWork({ task: one }: Assignment, { task: other }: Assignment): boolean {
  if (one?.$case !== 'contribute' || other?.$case !== 'contribute') return isDeepStrictEqual(one, other);
  const { state: _, ...work } = one.value;
  const { state: __, ...otherWork } = other.value;
  return isDeepStrictEqual(work, otherWork);
}

/**
 * Follows one study: holds the last assignment, by sequence, and runs one step at a time towards it. Assignments are
 * levels, so only the latest counts; a step whose assignment is replaced is aborted, one that failed is tried again for
 * as long as its assignment stands (an approval may come, a file may be put back, the coordinator may return).
 */
export class StudyDriver {
  readonly #ports: DriverPorts;
  readonly #signal: AbortSignal;
  #current: Assignment | undefined;
  #wanted = false;
  #delays = freshDelays();
  #step = new AbortController();
  #waiting = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(ports: DriverPorts, signal: AbortSignal) {
    this.#ports = ports;
    this.#signal = signal;
  }

  /**
   * Takes an assignment; an older one than the last is ignored.
   * @param again - act even if it is the same as before: the session is a new one, and the coordinator may have lost
   * what it had not stored
   */
  assign(assignment: Assignment, again: boolean): void {
    const last = this.#current;
    if (last && assignment.sequence < last.sequence) return;
    const same = last !== undefined && sameWork(last, assignment);
    const news = !isDeepStrictEqual(last?.task, assignment.task);
    this.#current = assignment;
    if (!same) {
      this.#delays = freshDelays();
      this.#step.abort();
    }
    if (again || news) this.#waiting.abort();
    if (same && (!again || this.#loop)) return;
    this.#wanted = true;
    this.#loop ??= this.#run();
  }

  /** Resolves when no step is running and none is due. */
  async idle(): Promise<void> {
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (this.#wanted && this.#current && !this.#signal.aborted) {
      const assignment = this.#current;
      this.#wanted = false;
      this.#step = new AbortController();
      this.#waiting = new AbortController();
      const signal = AbortSignal.any([this.#signal, this.#step.signal]);
      try {
        await this.#ports.act(assignment, signal);
        this.#delays = freshDelays();
      } catch (error) {
        if (signal.aborted) continue;
        const wait = this.#delays[this.#ports.onError(assignment, error)].next().value;
        this.#wanted = true;
        await pause(wait, AbortSignal.any([this.#signal, this.#waiting.signal]));
      }
    }
    // In the same turn as the last look at `wanted`, so that no assignment falls between.
    this.#loop = undefined;
  }
}
