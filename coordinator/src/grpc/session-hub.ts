import type { SiteName, SiteRefusal, StudyHash } from '@consilium/protocol';
import { Assignment, type OpenResponse, type Step } from '@consilium/protocol/wire';

/** One open session of a site, as the rest of the coordinator sees it. */
export interface SiteSession {
  send(message: OpenResponse): void;
  /** Ends the stream; a newer session of the same site has taken its place, or the coordinator stops. */
  close(): void;
}

export interface ReportedStep {
  readonly study: string;
  readonly round: number;
  readonly attempt: number;
  readonly step: Step;
  readonly since: number;
}

/** What keeps a site from a study, by its own word, and since when it says so; milliseconds since 1970. */
export interface Obstacle extends SiteRefusal {
  readonly since: number;
}

/** An agent that speaks too old a protocol. */
export interface TurnedAway {
  readonly have: number;
  readonly need: number;
  readonly at: number;
}

const written = new WeakMap<NonNullable<Assignment['task']>, Buffer>();

/** Sites are often told the same: a task that several share is written out once. */
function bytesOf(task: Assignment['task']): Buffer {
  if (!task) return Buffer.alloc(0);
  const known = written.get(task);
  if (known) return known;
  const bytes = Buffer.from(Assignment.encode({ study: '', sequence: 0n, task }).finish());
  written.set(task, bytes);
  return bytes;
}

/** Who is connected, since when, and what each was last told. In memory: nothing here outlives the process, or needs to. */
export class SessionHub {
  readonly #sessions = new Map<SiteName, SiteSession>();
  readonly #silentSince = new Map<SiteName, number>();
  readonly #lastSeen = new Map<SiteName, number>();
  /** By study: the task as it travels. */
  readonly #told = new Map<SiteName, Map<string, Buffer>>();
  readonly #steps = new Map<SiteName, ReportedStep>();
  readonly #obstacles = new Map<SiteName, Map<StudyHash, readonly Obstacle[]>>();
  readonly #turnedAway = new Map<SiteName, TurnedAway>();
  #news = 0;
  readonly #listeners = new Set<(site: SiteName) => void>();
  readonly #startedAt = Date.now();

  /** Called with each site that came or went. */
  onChange(listener: (site: SiteName) => void): void {
    this.#listeners.add(listener);
  }

  open(site: SiteName, session: SiteSession): void {
    this.#sessions.get(site)?.close();
    this.#sessions.set(site, session);
    this.#told.set(site, new Map());
    this.#turnedAway.delete(site);
    this.#notify(site);
  }

  closed(site: SiteName, session: SiteSession): void {
    if (this.#sessions.get(site) !== session) return;
    this.#sessions.delete(site);
    this.#told.delete(site);
    this.#steps.delete(site);
    this.#obstacles.delete(site);
    this.#silentSince.set(site, Date.now());
    this.#notify(site);
  }

  get connected(): ReadonlySet<SiteName> {
    return new Set(this.#sessions.keys());
  }

  /** Milliseconds since 1970. A site that has not been seen since the start counts from the start. */
  silentSince(site: SiteName): number {
    return this.#silentSince.get(site) ?? this.#startedAt;
  }

  /** Tells a site what is wanted of it, unless it was told just that. */
  assign(site: SiteName, assignment: Assignment): void {
    const session = this.#sessions.get(site);
    const told = this.#told.get(site);
    if (!session || !told) return;
    // The sequence alone is no news: a rest that stays a rest is not repeated.
    const task = bytesOf(assignment.task);
    if (told.get(assignment.study)?.equals(task)) return;
    told.set(assignment.study, task);
    session.send({ body: { $case: 'assignment', value: assignment } });
  }

  /** @returns whether the site is connected */
  send(site: SiteName, message: OpenResponse): boolean {
    const session = this.#sessions.get(site);
    session?.send(message);
    return session !== undefined;
  }

  /** What the record says of a site's last sign of life before this process started. */
  remember(site: SiteName, lastSeen: number): void {
    this.#lastSeen.set(site, lastSeen);
  }

  /** Milliseconds since 1970 of the last session's end, also before this process; nothing for a site never seen. */
  lastSeen(site: SiteName): number | undefined {
    return this.#silentSince.get(site) ?? this.#lastSeen.get(site);
  }

  reportStep(site: SiteName, step: ReportedStep): void {
    this.#steps.set(site, step);
  }

  stepOf(site: SiteName): ReportedStep | undefined {
    return this.#steps.get(site);
  }

  /** All that keeps a site from a study now; what it has said before keeps its time. */
  reportObstacles(site: SiteName, study: StudyHash, told: readonly SiteRefusal[], now: number): void {
    const studies = this.#obstacles.get(site) ?? new Map<StudyHash, readonly Obstacle[]>();
    const before = new Map(studies.get(study)?.map((one) => [one.code, one.since]));
    studies.set(
      study,
      told.map((one) => ({ ...one, since: before.get(one.code) ?? now })),
    );
    this.#obstacles.set(site, studies);
    this.#news += 1;
  }

  obstaclesOf(site: SiteName, study: StudyHash): readonly Obstacle[] {
    return this.#obstacles.get(site)?.get(study) ?? [];
  }

  turnedAway(site: SiteName, found: TurnedAway): void {
    this.#turnedAway.set(site, found);
    this.#news += 1;
  }

  turnedAwayOf(site: SiteName): TurnedAway | undefined {
    return this.#turnedAway.get(site);
  }

  /** Grows with everything that sites say of themselves beside the studies' record. */
  get news(): number {
    return this.#news;
  }

  closeAll(): void {
    for (const session of this.#sessions.values()) session.close();
  }

  #notify(site: SiteName): void {
    for (const listener of this.#listeners) listener(site);
  }
}
