import {
  ConsiliumError,
  readSpecification,
  studyHash,
  type Json,
  type ResolvedStudy,
  type SiteName,
  type StudyHash,
} from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import type { Logger } from 'pino';
import { assignmentFor } from '../rounds/assignment.js';
import { advance } from '../rounds/advance.js';
import type { World } from '../rounds/world.js';
import type { StoredEvent, StudyEvent } from '../rounds/study-event.js';
import { StudyRunner, type StudyStep } from '../rounds/study-runner.js';
import { isActive, proposedStudy, type StudyState } from '../rounds/study-state.js';
import { addStudy, appendStudyEvents, listStudies, readStudyEvents, type Database } from '../storage/index.js';
import type { SessionHub } from '../grpc/session-hub.js';

/** What else follows from a study's state: the fold, the clean-up, the metrics. Told after each stored event. */
export type StudyObserver = (state: StudyState, stored: StoredEvent | undefined) => void;

export interface StudyEngineOptions {
  readonly db: Database;
  readonly hub: SessionHub;
  readonly log: Logger;
  /** Bytes that the spool may still take; absent: nobody looks. */
  readonly spoolRoom?: () => Promise<number>;
}

/** Deadlines are met to this precision. */
const TICK_MS = 250;
/** Of a study that is read again. */
const EVENTS_AT_ONCE = 5_000;

/** Nothing of such a study is run or shown: nobody could say what it is. */
const altered = (hash: StudyHash): ConsiliumError =>
  new ConsiliumError({
    code: 'STUDY_ALTERED',
    errorClass: 'verification',
    message: `The stored specification of study ${hash.slice(0, 8)} does not have the hash that the sites approved.`,
    fix: "Find out who changed the coordinator's database; restore it from a backup, or propose the study under another name.",
  });

const notFound = (): ConsiliumError =>
  new ConsiliumError({
    code: 'STUDY_UNKNOWN',
    errorClass: 'usage',
    message: 'There is no such study.',
    fix: 'List the studies: consilium study status.',
  });

/** All studies of the coordinator, each carried by its runner; what one study does to another (the queue) is decided here. */
export class StudyEngine {
  readonly #runners = new Map<StudyHash, StudyRunner>();
  /** Studies that are stored and cannot be run, and why. */
  readonly #unreadable = new Map<StudyHash, ConsiliumError>();
  readonly #observers = new Set<StudyObserver>();
  readonly #arrivals = new Set<() => void>();
  #tick: NodeJS.Timeout | undefined;
  #spoolRoom: number | undefined;

  constructor(private readonly options: StudyEngineOptions) {
    options.hub.onChange((site) => {
      this.#tell(site);
      void this.#reconsiderAll();
    });
  }

  observe(observer: StudyObserver): void {
    this.#observers.add(observer);
  }

  /** Reads every study from the record and goes on with it. */
  async start(): Promise<void> {
    for (const row of [...(await listStudies(this.options.db))].reverse()) {
      const study = this.#read(row.hash, row.specification);
      if (!study) continue;
      this.#add(await this.#replay(proposedStudy(row.hash, study, row.proposed_at.toISOString())));
    }
    for (const { state } of this.#runners.values()) this.#notify(state, undefined);
    await this.#measureRoom();
    this.#tick = setInterval(() => void this.#measureRoom().then(() => this.#reconsiderAll()), TICK_MS);
  }

  /** The state that the stored events lead to, read a part at a time: a long study has more of them than fits memory well. */
  async #replay(state: StudyState): Promise<StudyState> {
    for (let current = state; ;) {
      const events = await readStudyEvents(this.options.db, state.hash, current.seq, EVENTS_AT_ONCE);
      current = events.reduce(
        (before, { seq, at, event }) => advance(before, { seq, at: at.toISOString(), event: event as unknown as StudyEvent }),
        current,
      );
      if (events.length < EVENTS_AT_ONCE) return current;
    }
  }

  stop(): void {
    clearInterval(this.#tick);
    for (const wake of this.#arrivals) wake();
  }

  states(): readonly StudyState[] {
    return [...this.#runners.values()].map((runner) => runner.state);
  }

  /** @throws ConsiliumError STUDY_UNKNOWN, STUDY_ALTERED, INVALID_STUDY */
  state(hash: StudyHash): StudyState {
    return this.#runner(hash).state;
  }

  /** Stores a study's exact bytes. Proposing the same study again changes nothing. @throws ConsiliumError STUDY_ALTERED, INVALID_STUDY */
  async propose(study: ResolvedStudy, specification: Buffer): Promise<StudyState> {
    const hash = studyHash(specification);
    const unreadable = this.#unreadable.get(hash);
    if (unreadable) throw unreadable;
    const known = this.#runners.get(hash);
    if (known) return known.state;
    const now = new Date();
    await addStudy(this.options.db, { hash, name: study.name, specification }, now);
    const state = proposedStudy(hash, study, now.toISOString());
    this.#add(state);
    return state;
  }

  /** @throws ConsiliumError STUDY_UNKNOWN, STUDY_ALTERED, INVALID_STUDY, and what `propose` throws */
  async submit(hash: StudyHash, propose: (state: StudyState) => StudyEvent | undefined): Promise<StudyState> {
    return this.#runner(hash).submit(propose);
  }

  /** Resolves when a study has an event after `after`, or the time is over. */
  async waitForEvent(hash: StudyHash, after: number, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (this.state(hash).seq <= after && performance.now() < deadline) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#arrivals.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, deadline - performance.now());
        this.#arrivals.add(wake);
      });
      if (this.#tick === undefined) return;
    }
  }

  /** What the site is to do now in each of its studies. */
  assignmentsOf(site: SiteName): void {
    this.#tell(site);
  }

  #runner(hash: StudyHash): StudyRunner {
    const runner = this.#runners.get(hash);
    if (!runner) throw this.#unreadable.get(hash) ?? notFound();
    return runner;
  }

  /** A specification that no longer has its hash is not run: no site would take part, and nobody could say in what. */
  #read(hash: StudyHash, specification: Buffer): ResolvedStudy | undefined {
    try {
      if (studyHash(specification) !== hash) throw altered(hash);
      return readSpecification(specification, sealParameters);
    } catch (error) {
      const known = error instanceof ConsiliumError ? error : altered(hash);
      this.options.log.error({ study: hash.slice(0, 8), code: known.code, err: error }, 'a stored study cannot be read and is left out');
      this.#unreadable.set(hash, known);
      return undefined;
    }
  }

  #add(state: StudyState): void {
    const runner = new StudyRunner({
      state,
      record: {
        append: (study, events) =>
          appendStudyEvents(
            this.options.db,
            events.map((stored) => this.#row(study as StudyHash, stored)),
          ),
      },
      world: (current) => this.#world(current),
      changed: (steps) => this.#changed(steps),
    });
    this.#runners.set(state.hash, runner);
  }

  #row(study: StudyHash, { seq, at, event }: StoredEvent): { study: StudyHash; seq: number; at: Date; event: Json } {
    return { study, seq, at: new Date(at), event: event as unknown as Json };
  }

  #world(of: StudyState): World {
    const { hub } = this.options;
    const others = this.states().filter((state) => state.hash !== of.hash);
    const ahead = others.filter((state) => isActive(state) || (state.activity.phase === 'queued' && isBefore(state, of)));
    return {
      now: Date.now(),
      connected: hub.connected,
      silentSince: (site) => hub.silentSince(site),
      busy: new Set(ahead.flatMap((state) => state.study.sites.names)),
      spoolRoom: this.#spoolRoom,
    };
  }

  /** The study that occupies a site of a queued study, for the people who wait. */
  holderOf(state: StudyState): StudyState | undefined {
    return this.states().find(
      (other) =>
        other.hash !== state.hash &&
        (isActive(other) || (other.activity.phase === 'queued' && isBefore(other, state))) &&
        other.study.sites.names.some((site) => state.study.sites.names.includes(site)),
    );
  }

  /** Of the studies that occupy a site while another is queued, the first. */
  occupantOf(state: StudyState, site: SiteName): StudyState | undefined {
    const active = this.states().filter((other) => other.hash !== state.hash && isActive(other));
    return active.find((other) => other.study.sites.names.includes(site));
  }

  /** Another study of the same name that a site has approved: the newest. */
  approvedVersion({ hash, study }: StudyState, site: SiteName): StudyHash | undefined {
    return this.states().findLast((other) => other.hash !== hash && other.study.name === study.name && other.approvals.has(site))?.hash;
  }

  /** Bytes that the spool may still take. */
  get spoolRoom(): number | undefined {
    return this.#spoolRoom;
  }

  /** A disk that does not answer keeps nobody waiting: what is known holds. */
  async #measureRoom(): Promise<void> {
    this.#spoolRoom = await this.options.spoolRoom?.().catch(() => this.#spoolRoom);
  }

  #changed(steps: readonly StudyStep[]): void {
    const now = steps.at(-1)?.state;
    // Assignments are levels: only where the study has arrived counts.
    for (const site of now?.study.sites.names ?? []) if (now) this.#assign(now, site);
    for (const { state, stored } of steps) this.#notify(state, stored);
    for (const wake of [...this.#arrivals]) wake();
    if (steps.some(({ stored }) => stored.event.type === 'ended' || stored.event.type === 'roundDone')) void this.#reconsiderAll();
  }

  #notify(state: StudyState, stored: StoredEvent | undefined): void {
    for (const observer of this.#observers) observer(state, stored);
  }

  #assign(state: StudyState, site: SiteName): void {
    this.options.hub.assign(site, assignmentFor(state, site, this.options.hub.connected));
  }

  #tell(site: SiteName): void {
    for (const state of this.states()) if (state.study.sites.names.includes(site)) this.#assign(state, site);
  }

  async #reconsiderAll(): Promise<void> {
    for (const runner of this.#runners.values()) {
      await runner.reconsider().catch((error: unknown) => {
        this.options.log.error({ study: runner.state.hash.slice(0, 8), err: error }, 'a study could not go on; it is tried again');
      });
    }
  }
}

/** The order of the queue: who was launched first. */
function isBefore(one: StudyState, other: StudyState): boolean {
  return (one.launchedAt ?? '') < (other.launchedAt ?? '') || (one.launchedAt === other.launchedAt && one.hash < other.hash);
}
