import type { ResolvedStudy, SiteName, StudyHash } from '@consilium/protocol';
import type { RoundView, StudyEventView, StudySummary, StudyView } from './study-views.js';

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
  abstract launch(hash: StudyHash, by: string): Promise<StudyView>;
  abstract stop(hash: StudyHash, by: string): Promise<StudyView>;
  /** Lets the study go on without a site that refused. */
  abstract goOnWithout(hash: StudyHash, site: SiteName, by: string): Promise<StudyView>;
  /** Events after `after`, oldest first; waits up to `waitMs` for the first one, and answers none when there was none. */
  abstract events(hash: StudyHash, after: number, waitMs: number): Promise<readonly StudyEventView[]>;
  abstract rounds(hash: StudyHash): Promise<readonly RoundView[]>;
  /** The released bundle. @throws ConsiliumError NOT_RELEASED (class `refused`) until the sites have released it */
  abstract model(hash: StudyHash): Promise<Uint8Array>;
}
