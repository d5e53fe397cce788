import type { ResolvedStudy, SiteName, StudyHash } from '@consilium/protocol';
import type { Comparison, SitePhases, StudyMetricsView } from './reading-views.js';
import type { RoundView, SiteStatus, StudyEventView, StudySummary, StudyView } from './study-views.js';

/** Looks at a study at the very moment of a change, and throws to refuse it. */
export type Expectation = (seen: StudyView) => void;

/** A study as the inbox looks at it. */
export interface StudyInWork {
  readonly summary: StudySummary;
  readonly sites: readonly SiteStatus[];
  /** Sites that have not approved. */
  readonly unapproved: readonly SiteName[];
  readonly launchedAt: string | null;
  readonly endedAt: string | null;
  /** The last attempt that failed in the round that the study is in. */
  readonly failure: { readonly round: number; readonly attempt: number; readonly at: string; readonly sentence: string } | null;
}

/**
 * What the HTTP API asks of the studies. The API finds out which study is meant and checks every input; here a hash is
 * always one of a stored study. Refusals are thrown as ConsiliumError and reach the caller as problem details.
 */
export abstract class StudyDesk {
  /** Newest first. */
  abstract list(): Promise<readonly StudySummary[]>;
  abstract view(hash: StudyHash): Promise<StudyView>;
  /** Idempotent: the same study again is the same study. `specification` is its canonical form. */
  abstract propose(study: ResolvedStudy, specification: Buffer, by: string): Promise<StudyView>;
  abstract launch(hash: StudyHash, by: string, expected?: Expectation): Promise<StudyView>;
  abstract stop(hash: StudyHash, by: string, expected?: Expectation): Promise<StudyView>;
  /** Lets the study go on without a site that refused. */
  abstract goOnWithout(hash: StudyHash, site: SiteName, by: string, expected?: Expectation): Promise<StudyView>;
  /** Events after `after`, oldest first; waits up to `waitMs` for the first one, and answers none when there was none. */
  abstract events(hash: StudyHash, after: number, waitMs: number): Promise<readonly StudyEventView[]>;
  abstract rounds(hash: StudyHash): Promise<readonly RoundView[]>;
  /** The released bundle. @throws ConsiliumError NOT_RELEASED (class `refused`) until the sites have released it */
  abstract model(hash: StudyHash): Promise<Uint8Array>;
  /** The specification with what follows from it. */
  abstract study(hash: StudyHash): Promise<ResolvedStudy>;
  abstract metrics(hash: StudyHash): Promise<StudyMetricsView>;
  /** One study beside others. */
  abstract compared(hash: StudyHash): Promise<Comparison['items'][number]>;
  /** The newest losses, oldest first. */
  abstract losses(hash: StudyHash, most: number): readonly number[];
  /** Bars of one round; without `round` of the newest one. */
  abstract sitePhases(hash: StudyHash, round: number | undefined): Promise<SitePhases>;
  abstract inWork(): Promise<readonly StudyInWork[]>;
  /** Number of the study's last event. */
  abstract seq(hash: StudyHash): Promise<number>;
  /** A value that is another one whenever {@link list} would answer otherwise. */
  abstract listVersion(): unknown;
  /** Called after each change of a study, once it is durable. @returns what ends it */
  abstract watch(changed: (hash: StudyHash) => void): () => void;
}
