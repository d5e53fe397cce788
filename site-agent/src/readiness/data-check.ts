import type { ResolvedStudy, SiteRefusal, StudyHash } from '@consilium/protocol';
import type { SiteCohort } from '../config/index.js';
import { readObjections } from '../objections/index.js';
import { cohortFingerprint } from '../rounds/site-cohort.js';
import { refusalOf } from '../rounds/site-refused.js';
import type { SiteState } from '../state/index.js';
import { pause } from '../session/pause.js';
import { splitKey } from '../training/split-key.js';
import type { Workbench } from '../training/workbench.js';
import { sourceMarks } from './source-marks.js';

/** A cohort of images takes long to open. */
const LONGEST_MS = 3_600_000;
/** A small table is read within this; nobody waits longer to hear the rest. */
const WAIT_MS = 1_000;

/** Whether the data of approved studies fit, read where training reads them, and again only when a file has changed. */
export class DataCheck {
  readonly #known = new Map<StudyHash, { readonly marks: string; readonly refused: readonly SiteRefusal[] }>();
  readonly #reading = new Map<StudyHash, Promise<void>>();

  constructor(
    private readonly state: SiteState,
    private readonly workbench: Pick<Workbench, 'run'>,
    private readonly minPatients: number,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * What was found when the files were as they are now; while a large cohort is read again, what was found before. Nothing of
   * a study that has used its rows: those are fixed, and a round says by itself when they have changed.
   * @throws ConsiliumError OBJECTIONS_UNREADABLE
   */
  async refusals(hash: StudyHash, study: ResolvedStudy, cohort: SiteCohort): Promise<readonly SiteRefusal[]> {
    if (cohortFingerprint(this.state, hash) !== undefined) return [];
    const objections = readObjections(this.state.layout, cohort.population);
    const marks = `${await sourceMarks(cohort.source)} ${objections?.version ?? ''}`;
    if (this.#known.get(hash)?.marks !== marks && !this.#reading.has(hash)) {
      const reading = this.#read(study, cohort, objections).then((refused) => {
        this.#reading.delete(hash);
        if (!this.signal.aborted) this.#known.set(hash, { marks, refused });
      });
      this.#reading.set(hash, reading);
      await Promise.race([reading, pause(WAIT_MS, this.signal)]);
    }
    return this.#known.get(hash)?.refused ?? [];
  }

  forget(hash: StudyHash): void {
    this.#known.delete(hash);
  }

  async #read(study: ResolvedStudy, { source, patientId, population }: SiteCohort, objections: ReturnType<typeof readObjections>) {
    const cohort = {
      source,
      patientId,
      splitKey: splitKey(this.state.layout, population),
      objections,
      minPatients: this.minPatients,
      cacheDir: this.state.layout.images,
    };
    const limits = { signal: this.signal, timeoutMs: LONGEST_MS };
    return this.workbench.run({ kind: 'check', study, cohort }, limits).then(
      ({ refused }) => refused,
      (error: unknown) => [refusalOf(error)],
    );
  }
}
