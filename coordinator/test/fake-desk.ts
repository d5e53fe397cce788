import { ConsiliumError, type ResolvedStudy, type SiteName, type StudyHash } from '@consilium/protocol';
import type { Comparison, SitePhases, StudyMetricsView } from '../src/http/reading-views.js';
import { StudyDesk, type Expectation, type StudyInWork } from '../src/http/study-desk.js';
import type { RoundView, StudyEventView, StudySummary, StudyView } from '../src/http/study-views.js';
import { addStudy, type Database } from '../src/storage/index.js';
import { studyHash } from '@consilium/protocol';

const at = '2026-01-02T03:04:05.000Z';

/** Studies that take part in no round: what the API and the command line say is tested, not what studies do. */
export class FakeDesk extends StudyDesk {
  readonly views = new Map<StudyHash, StudyView>();
  bundle: Uint8Array | undefined;
  #wake: (() => void)[] = [];
  readonly #studies = new Map<StudyHash, ResolvedStudy>();
  readonly #watchers = new Set<(hash: StudyHash) => void>();

  constructor(private readonly db: Database) {
    super();
  }

  async list(): Promise<readonly StudySummary[]> {
    return [...this.views.values()];
  }

  async view(hash: StudyHash): Promise<StudyView> {
    const view = this.views.get(hash);
    if (!view) throw new Error('asked for a study that is not stored');
    return view;
  }

  async propose(study: ResolvedStudy, specification: Buffer): Promise<StudyView> {
    const hash = studyHash(specification);
    await addStudy(this.db, { hash, name: study.name, specification }, new Date());
    const { thresholds, sums } = study.derived;
    const view: StudyView = this.views.get(hash) ?? {
      hash,
      name: study.name,
      state: 'proposed',
      stateReason: 'Waiting for 3 of 3 approvals.',
      proposedAt: at,
      round: 0,
      rounds: study.algorithm.rounds,
      sitesReady: 0,
      sitesNeeded: thresholds.m,
      phase: null,
      attempt: null,
      deadline: null,
      sites: study.sites.names.map((site) => ({
        site,
        state: 'not-approved',
        since: null,
        code: null,
        sentence: null,
        whoCanAct: null,
        incident: null,
        reasons: [],
      })),
      approvals: [],
      metrics: [],
      latest: null,
      releaseVotes: [],
      thresholds: { ...thresholds },
      uploadBytes: sums.train.uploadBytes,
      sumBytes: sums.train.foldBytes,
      seq: 0,
    };
    this.views.set(hash, view);
    this.#studies.set(hash, study);
    return view;
  }

  async launch(hash: StudyHash, _by: string, expected?: Expectation): Promise<StudyView> {
    expected?.(await this.view(hash));
    return this.change(hash, { state: 'running', stateReason: 'Round 1 is under way.', phase: 'training', round: 1 });
  }

  async stop(hash: StudyHash, by: string, expected?: Expectation): Promise<StudyView> {
    expected?.(await this.view(hash));
    return this.change(hash, { state: 'stopped', stateReason: `Stopped by ${by}.`, phase: null });
  }

  async goOnWithout(hash: StudyHash, site: SiteName): Promise<StudyView> {
    return this.change(hash, { stateReason: `Goes on without ${site}.` });
  }

  async events(hash: StudyHash, after: number, waitMs: number): Promise<readonly StudyEventView[]> {
    if ((await this.view(hash)).seq <= after && waitMs > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    const { seq } = await this.view(hash);
    return Array.from({ length: Math.max(0, seq - after) }, (_, index) => ({ seq: after + index + 1, at, event: { type: 'changed' } }));
  }

  async rounds(): Promise<readonly RoundView[]> {
    return [];
  }

  async model(): Promise<Uint8Array> {
    if (this.bundle) return this.bundle;
    throw new ConsiliumError({
      code: 'NOT_RELEASED',
      errorClass: 'refused',
      message: 'The sites have not released this model.',
      fix: 'Officers vote at their sites.',
    });
  }

  async study(hash: StudyHash): Promise<ResolvedStudy> {
    const study = this.#studies.get(hash);
    if (!study) throw new Error('asked for a study that is not stored');
    return study;
  }

  async metrics(hash: StudyHash): Promise<StudyMetricsView> {
    const { latest, metrics } = await this.view(hash);
    const points = metrics.map(({ contributors, ...point }) => ({
      ...point,
      loss: point.testLoss,
      auroc: null,
      contributors: contributors.length,
    }));
    return { points, latest, curves: null, confusion: null, subgroups: [] };
  }

  async compared(hash: StudyHash): Promise<Comparison['items'][number]> {
    const { name, state, sites, latest } = await this.view(hash);
    return { hash, name, state, sites: sites.length, epsilon: null, points: (await this.metrics(hash)).points, latest };
  }

  losses(): readonly number[] {
    return [];
  }

  async sitePhases(_: StudyHash, round = 0): Promise<SitePhases> {
    return { round, items: [] };
  }

  async inWork(): Promise<readonly StudyInWork[]> {
    return [...this.views.values()].map((view) => ({
      summary: view,
      sites: view.sites,
      unapproved: view.sites.flatMap(({ site, state }) => (state === 'not-approved' ? [site] : [])),
      launchedAt: null,
      endedAt: null,
      failure: null,
    }));
  }

  async seq(hash: StudyHash): Promise<number> {
    return (await this.view(hash)).seq;
  }

  listVersion(): unknown {
    return [...this.views.values()].map(({ hash, seq }) => [hash, seq]);
  }

  watch(changed: (hash: StudyHash) => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  /** Something happens to a study. */
  change(hash: StudyHash, part: Partial<StudyView>): StudyView {
    const view = this.views.get(hash);
    if (!view) throw new Error('no such study');
    const changed = { ...view, ...part, seq: view.seq + 1 };
    this.views.set(hash, changed);
    this.release();
    for (const watcher of this.#watchers) watcher(hash);
    return changed;
  }

  /** Ends every waiting call, as a coordinator that stops does. */
  release(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
