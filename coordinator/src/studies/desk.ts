import { readFile } from 'node:fs/promises';
import { ConsiliumError, type ResolvedStudy, type SiteName, type StudyHash } from '@consilium/protocol';
import type { Spool } from '../aggregation/spool.js';
import type { SessionHub } from '../grpc/session-hub.js';
import type { UploadProgress } from '../grpc/upload-progress.js';
import { StudyDesk, type Expectation, type StudyInWork } from '../http/study-desk.js';
import { epsilonOf } from '../http/epsilon.js';
import type { Comparison, SitePhases, StudyMetricsView } from '../http/reading-views.js';
import type { RoundView, SiteStatus, StudyEventView, StudySummary, StudyView } from '../http/study-views.js';
import { refusalBy } from '../rounds/standing-refusal.js';
import { stepOf } from '../rounds/step-of.js';
import { lastRound, type Attempt, type StudyState } from '../rounds/study-state.js';
import type { StudyEvent } from '../rounds/study-event.js';
import { readRoundEvents, readStudyEvents, type Database } from '../storage/index.js';
import { latestMetrics, newestPoints } from './metrics-curve.js';
import { curvePoints, lossesOf, metricsInFull } from './metrics-in-full.js';
import { RecentEvents } from './recent-events.js';
import { roundViews } from './round-views.js';
import { sitePhases } from './site-phases.js';
import { siteStatus } from './site-status.js';
import type { StudyEngine } from './study-engine.js';
import { priceOnce } from './study-price.js';
import { failureSentence, studyWords } from './study-words.js';

export interface DeskOptions {
  readonly engine: StudyEngine;
  readonly hub: SessionHub;
  readonly progress: UploadProgress;
  readonly spool: Spool;
  readonly db: Database;
  /** The roster epoch of a study of these sites that is launched now. */
  readonly rosterEpochOf: (sites: readonly SiteName[]) => Promise<number>;
}

/** Most events of one answer. */
const EVENTS_AT_ONCE = 500;
/** Points of the curve that a study's view carries; all of them are at /metrics. */
const NEWEST_POINTS = 20;

const refuse = (code: string, message: string, fix: string): ConsiliumError =>
  new ConsiliumError({ code, errorClass: 'refused', message, fix });

/** The studies as people see and steer them; every act is an event of the study. */
export class Desk extends StudyDesk {
  readonly #recent = new RecentEvents();
  readonly #watchers = new Set<(hash: StudyHash) => void>();

  constructor(private readonly options: DeskOptions) {
    super();
    options.engine.observe(({ hash }, stored) => {
      if (!stored) return;
      this.#recent.add(hash, stored);
      for (const changed of this.#watchers) changed(hash);
    });
  }

  async list(): Promise<readonly StudySummary[]> {
    return [...this.options.engine.states()].reverse().map((state) => this.#summary(state));
  }

  async view(hash: StudyHash): Promise<StudyView> {
    return this.#view(this.options.engine.state(hash));
  }

  async propose(study: ResolvedStudy, specification: Buffer): Promise<StudyView> {
    return this.#view(await this.options.engine.propose(study, specification));
  }

  async launch(hash: StudyHash, by: string, expected?: Expectation): Promise<StudyView> {
    const { engine, rosterEpochOf } = this.options;
    const before = engine.state(hash);
    expected?.(this.#view(before));
    if (!launchable(before)) return this.#view(before);
    const rosterEpoch = await rosterEpochOf(before.study.sites.names);
    const state = await engine.submit(hash, (now) => {
      expected?.(this.#view(now));
      return launchable(now) ? { type: 'launched', by, rosterEpoch } : undefined;
    });
    return this.#view(state);
  }

  async stop(hash: StudyHash, by: string, expected?: Expectation): Promise<StudyView> {
    const state = await this.options.engine.submit(hash, (now) => {
      expected?.(this.#view(now));
      return now.activity.phase === 'ended' ? undefined : { type: 'ended', outcome: 'stopped', by, reason: 'stopped', sites: [] };
    });
    return this.#view(state);
  }

  async goOnWithout(hash: StudyHash, site: SiteName, by: string, expected?: Expectation): Promise<StudyView> {
    const state = await this.options.engine.submit(hash, (now) => {
      expected?.(this.#view(now));
      if (!refusalBy(now, site, Date.now()))
        throw refuse(
          'NOT_REFUSED',
          `Site ${site} has not refused anything in this study.`,
          'See who is waited for: consilium study status ID.',
        );
      return now.excused.has(site) ? undefined : { type: 'excused', site, by };
    });
    return this.#view(state);
  }

  async events(hash: StudyHash, after: number, waitMs: number): Promise<readonly StudyEventView[]> {
    if (waitMs > 0) await this.options.engine.waitForEvent(hash, after, waitMs);
    const { seq: last } = this.options.engine.state(hash);
    if (after >= last) return [];
    const recent = this.#recent.after(hash, after);
    if (recent) return recent.slice(0, EVENTS_AT_ONCE).map((stored) => ({ ...stored, event: { ...stored.event } }));
    const rows = await readStudyEvents(this.options.db, hash, after, EVENTS_AT_ONCE);
    return rows.map(({ seq, at, event }) => ({ seq, at: at.toISOString(), event: event as StudyEventView['event'] }));
  }

  async rounds(hash: StudyHash): Promise<readonly RoundView[]> {
    return roundViews(this.options.engine.state(hash));
  }

  async study(hash: StudyHash): Promise<ResolvedStudy> {
    return this.options.engine.state(hash).study;
  }

  async metrics(hash: StudyHash): Promise<StudyMetricsView> {
    return metricsInFull(this.options.engine.state(hash));
  }

  async compared(hash: StudyHash): Promise<Comparison['items'][number]> {
    const state = this.options.engine.state(hash);
    const price = priceOnce(state.study);
    return {
      hash,
      name: state.study.name,
      state: this.#words(state).word,
      sites: state.study.sites.names.length,
      epsilon: price ? epsilonOf(price.promise) : null,
      points: [...curvePoints(state)],
      latest: latestMetrics(state),
    };
  }

  losses(hash: StudyHash, most: number): readonly number[] {
    return lossesOf(this.options.engine.state(hash), most);
  }

  async sitePhases(hash: StudyHash, asked: number | undefined): Promise<SitePhases> {
    const { activity, rounds } = this.options.engine.state(hash);
    const round = asked ?? (activity.phase === 'round' ? activity.attempt.round : rounds.length);
    const rows = await readRoundEvents(this.options.db, hash, round);
    const events = rows.map(({ seq, at, event }) => ({ seq, at: at.toISOString(), event: event as unknown as StudyEvent }));
    return { round, items: [...sitePhases(events)] };
  }

  async inWork(): Promise<readonly StudyInWork[]> {
    return [...this.options.engine.states()].reverse().map((state) => {
      const { activity, failures, rounds, study } = state;
      const failure = activity.phase === 'ended' ? undefined : failures.findLast(({ round }) => round === rounds.length + 1);
      return {
        summary: this.#summary(state),
        sites: activity.phase === 'ended' ? [] : this.#sites(state),
        unapproved: study.sites.names.filter((site) => !state.approvals.has(site)),
        launchedAt: state.launchedAt ?? null,
        endedAt: activity.phase === 'ended' ? activity.at : null,
        failure: failure
          ? { round: failure.round, attempt: failure.attempt, at: failure.at, sentence: failureSentence(failure, study) }
          : null,
      };
    });
  }

  async seq(hash: StudyHash): Promise<number> {
    return this.options.engine.state(hash).seq;
  }

  listVersion(): unknown {
    const { engine, hub } = this.options;
    return [engine.states().map(({ hash, seq }) => [hash.slice(0, 16), seq]), [...hub.connected].toSorted(), hub.news];
  }

  watch(changed: (hash: StudyHash) => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  async model(hash: StudyHash): Promise<Uint8Array> {
    const state = this.options.engine.state(hash);
    if (!state.released)
      throw refuse(
        'NOT_RELEASED',
        `The sites have not released the model: ${this.#words(state).reason}`,
        'Each site decides: consilium-site study release HASH.',
      );
    return readFile(this.options.spool.pathOf({ kind: 'bundle', study: hash }));
  }

  #words(state: StudyState): ReturnType<typeof studyWords> {
    // Only who waits in the queue waits for somebody.
    const holder = state.activity.phase === 'queued' ? this.options.engine.holderOf(state) : undefined;
    return studyWords(state, holder, this.options.hub.connected, this.options.engine.spoolRoom);
  }

  #summary(state: StudyState): StudySummary {
    const { word, reason } = this.#words(state);
    const { connected } = this.options.hub;
    const now = Date.now();
    return {
      hash: state.hash,
      name: state.study.name,
      state: word,
      stateReason: reason,
      proposedAt: state.proposedAt,
      round: state.activity.phase === 'round' ? state.activity.attempt.round : state.rounds.length,
      rounds: lastRound(state),
      sitesReady: state.study.sites.names.filter(
        (site) =>
          connected.has(site) &&
          state.approvals.has(site) &&
          !refusalBy(state, site, now) &&
          this.options.hub.obstaclesOf(site, state.hash).length === 0,
      ).length,
      sitesNeeded: state.study.derived.thresholds.m,
    };
  }

  #sites(state: StudyState): SiteStatus[] {
    const { engine, hub, progress } = this.options;
    const now = Date.now();
    return state.study.sites.names.map((site) =>
      siteStatus(state, site, {
        connected: hub.connected.has(site),
        lastSeen: hub.lastSeen(site),
        step: hub.stepOf(site),
        upload: progress.of(site),
        now,
        obstacles: hub.obstaclesOf(site, state.hash),
        turnedAway: hub.turnedAwayOf(site),
        occupant: state.activity.phase === 'queued' ? engine.occupantOf(state, site) : undefined,
        approvedOther: state.approvals.has(site) ? undefined : engine.approvedVersion(state, site),
      }),
    );
  }

  #view(state: StudyState): StudyView {
    const attempt = state.activity.phase === 'round' ? state.activity.attempt : undefined;
    const sites = this.#sites(state);
    const { train } = state.study.derived.sums;
    return {
      ...this.#summary(state),
      phase: attempt ? phaseOf(state, attempt, sites) : null,
      attempt: attempt?.attempt ?? null,
      deadline: attempt?.deadline ?? null,
      sites,
      approvals: [...state.approvals].map(([site, { release }]) => ({ site, release })),
      metrics: [...newestPoints(state, NEWEST_POINTS)],
      latest: latestMetrics(state),
      releaseVotes: state.activity.phase === 'releasing' ? [...state.activity.votes].map(([site, { vote }]) => ({ site, vote })) : [],
      thresholds: state.study.derived.thresholds,
      uploadBytes: train.uploadBytes,
      sumBytes: train.foldBytes,
      seq: state.seq,
    };
  }
}

/** The word of DESIGN.md section 3 for where an attempt is; what is before the first upload only the sites' own reports say. */
function phaseOf(state: StudyState, attempt: Attempt, sites: readonly SiteStatus[]): string {
  if (attempt.phase === 'closed' || attempt.phase === 'folded') return stepOf(state, attempt);
  const training = attempt.phase === 'announced' && sites.some(({ state: word }) => word === 'training' || word === 'sealing');
  return training ? 'training' : attempt.phase;
}

/**
 * Whether a launch would change anything: a study that runs is launched already.
 * @throws ConsiliumError STUDY_ENDED, NOT_APPROVED
 */
function launchable({ activity, study, approvals }: StudyState): boolean {
  if (activity.phase === 'ended') throw refuse('STUDY_ENDED', `The study is ${activity.outcome}.`, 'Propose a new version of the study.');
  if (activity.phase !== 'proposed') return false;
  const { names } = study.sites;
  const missing = names.filter((site) => !approvals.has(site));
  if (missing.length > 0)
    throw refuse(
      'NOT_APPROVED',
      `The study waits for ${missing.length} of ${names.length} approvals: ${missing.join(', ')}.`,
      'Officers approve at their sites: consilium-site study approve HASH.',
    );
  return true;
}
