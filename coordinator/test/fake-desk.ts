import { ConsiliumError, type ResolvedStudy, type SiteName, type StudyHash } from '@consilium/protocol';
import { StudyDesk } from '../src/http/study-desk.js';
import type { RoundView, StudyEventView, StudySummary, StudyView } from '../src/http/study-views.js';
import { addStudy, type Database } from '../src/storage/index.js';
import { studyHash } from '@consilium/protocol';

const at = '2026-01-02T03:04:05.000Z';

/** Studies that take part in no round: what the API and the command line say is tested, not what studies do. */
export class FakeDesk extends StudyDesk {
  readonly views = new Map<StudyHash, StudyView>();
  bundle: Uint8Array | undefined;
  #wake: (() => void)[] = [];

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
    return view;
  }

  async launch(hash: StudyHash): Promise<StudyView> {
    return this.change(hash, { state: 'running', stateReason: 'Round 1 is under way.', phase: 'training', round: 1 });
  }

  async stop(hash: StudyHash, by: string): Promise<StudyView> {
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

  /** Something happens to a study. */
  change(hash: StudyHash, part: Partial<StudyView>): StudyView {
    const view = this.views.get(hash);
    if (!view) throw new Error('no such study');
    const changed = { ...view, ...part, seq: view.seq + 1 };
    this.views.set(hash, changed);
    this.release();
    return changed;
  }

  /** Ends every waiting call, as a coordinator that stops does. */
  release(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
