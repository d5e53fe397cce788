import type { ResolvedStudy, SiteRefusal } from '@consilium/protocol';
import { StudyHash } from '@consilium/protocol';
import type { Assignment, Readiness } from '@consilium/protocol/wire';
import type { Logger } from 'pino';
import { fetchProposals, readStoredStudy } from '../approval/index.js';
import type { Connection } from '../connection/index.js';
import { findStudy } from '../state/index.js';
import { findObstacles, type ReadinessSetup } from './find-obstacles.js';

/** How soon what was put right, or went wrong, is said. */
const LOOK_MS = 2_000;
/** How soon specifications that are not here yet are asked for again. */
const ASK_MS = 30_000;
/** More than these a study never has; the coordinator takes no more either. */
const MOST = 32;

export interface ReadinessDeskSetup extends ReadinessSetup {
  readonly connection: Pick<Connection, 'approval'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly lookMs?: number;
}

type Send = (readiness: Readiness) => void;

/**
 * Says for each study that the coordinator names what keeps this site from it, before a round asks: all of it, and again
 * whenever it changes. Nothing of it decides anything; each step still checks for itself.
 */
export class ReadinessDesk {
  readonly #setup: ReadinessDeskSetup;
  /** What was said in this session, by study; studies that have not been looked at yet have no text. */
  readonly #said = new Map<StudyHash, string | undefined>();
  readonly #studies = new Map<StudyHash, ResolvedStudy>();
  #send: Send = () => undefined;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(setup: ReadinessDeskSetup) {
    this.#setup = setup;
  }

  /** Looks now and then until `close`. */
  watch(): void {
    this.#timer = setInterval(
      () => void (this.#looking ??= this.#look().finally(() => (this.#looking = undefined))),
      this.#setup.lookMs ?? LOOK_MS,
    );
  }

  newSession(send: Send): void {
    this.#send = send;
    this.#said.clear();
  }

  /** A study that this site is in; one that has ended is looked at no more. */
  heard({ study, task }: Assignment): void {
    const { data: hash } = StudyHash.safeParse(study);
    if (hash === undefined) return;
    if (task?.$case !== 'end' && task?.$case !== 'signAbort') return void this.#said.set(hash, this.#said.get(hash));
    this.#said.delete(hash);
    this.#studies.delete(hash);
    this.#setup.data.forget(hash);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    try {
      if ([...this.#said.keys()].some((hash) => this.#study(hash) === undefined)) await this.#ask();
      for (const hash of [...this.#said.keys()]) {
        const study = this.#study(hash);
        if (study && !this.#setup.signal.aborted) this.#say(hash, await findObstacles(this.#setup, hash, study));
      }
    } catch (error) {
      const code = (error as { readonly code?: unknown }).code;
      if (!this.#setup.signal.aborted)
        this.#setup.log.warn({ code }, 'what keeps this site from its studies could not be looked at; tried again');
    }
  }

  #say(hash: StudyHash, found: readonly SiteRefusal[]): void {
    const obstacles = found.slice(0, MOST).map(({ code, fields }) => ({ code, fields: { ...fields } }));
    const text = JSON.stringify(obstacles);
    if (!this.#said.has(hash) || this.#said.get(hash) === text) return;
    this.#said.set(hash, text);
    this.#send({ study: hash, obstacles });
  }

  /** As it lies here: its bytes have the hash, whoever sent them. */
  #study(hash: StudyHash): ResolvedStudy | undefined {
    const known = this.#studies.get(hash);
    if (known) return known;
    const stored = findStudy(this.#setup.state, hash);
    if (!stored) return undefined;
    const study = readStoredStudy(stored);
    this.#studies.set(hash, study);
    return study;
  }

  async #ask(): Promise<void> {
    const { state, connection, signal } = this.#setup;
    if (performance.now() - this.#askedAt < ASK_MS) return;
    this.#askedAt = performance.now();
    await fetchProposals(state, connection, { signal });
  }
}
