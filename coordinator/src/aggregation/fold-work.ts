import { ConsiliumError, type SiteName, type StudyHash } from '@consilium/protocol';
import type { Folder } from '@consilium/sealed-sum/fold';
import type { Logger } from 'pino';
import { transcriptOf } from '../grpc/attempt-calls.js';
import { droppedSites, type ClosedAttempt, type StudyState } from '../rounds/study-state.js';
import { masksOfDropped, sharesAreIn, type DroppedMasks } from './dropped-masks.js';
import type { AttemptFailure, StudyEvent } from '../rounds/study-event.js';
import type { Spool } from './spool.js';

export interface FoldWorkOptions {
  readonly spool: Spool;
  readonly folder: Folder;
  readonly log: Logger;
  readonly consortium: string;
  readonly submit: (study: StudyHash, propose: (state: StudyState) => StudyEvent | undefined) => Promise<unknown>;
  /** Seconds and ciphertext bytes of a finished fold, for the metrics. */
  readonly measured: (seconds: number, bytes: number) => void;
}

/**
 * Adds the ciphertexts of an attempt whose list is closed, and takes the masks of dropped sites out of the sum. A level,
 * like all work here: it follows from the state, so a restart begins it again, and a fold that was written before the kill
 * is simply written once more, byte for byte.
 */
export class FoldWork {
  readonly #running = new Set<string>();

  constructor(private readonly options: FoldWorkOptions) {}

  /** Starts the fold that a state asks for, as soon as it can be made, unless it runs already. */
  follow(state: StudyState): void {
    if (state.activity.phase !== 'round' || state.activity.attempt.phase !== 'closed') return;
    const { attempt } = state.activity;
    const key = `${state.hash}/${attempt.round}/${attempt.attempt}`;
    if (this.#running.has(key)) return;
    const dropped = this.#dropped(state, attempt);
    if (!dropped) return;
    this.#running.add(key);
    void this.#fold(state, attempt, dropped).finally(() => this.#running.delete(key));
  }

  /** The masks that dropped sites left in the sum; nothing while too few holders have released their shares. */
  #dropped(state: StudyState, attempt: ClosedAttempt): Promise<DroppedMasks> | undefined {
    const sites = droppedSites(attempt);
    if (sites.length === 0) return Promise.resolve({ terms: [], faulty: [] });
    const { t } = state.study.derived.thresholds;
    if (attempt.listSignatures.size < t || !sharesAreIn(state, attempt, sites)) return undefined;
    return masksOfDropped(state, attempt, sites, transcriptOf(state, attempt, this.options.consortium));
  }

  async #fold(state: StudyState, attempt: ClosedAttempt, dropped: Promise<DroppedMasks>): Promise<void> {
    const { spool, folder, submit, measured, log } = this.options;
    const place = { round: attempt.round, attempt: attempt.attempt };
    const object = { study: state.hash, ...place };
    const parameters = state.study.derived.sums[attempt.kind];
    const start = performance.now();
    try {
      const { terms, faulty } = await dropped;
      const { bytes, sha256 } = await folder.fold({
        uploads: attempt.contributors.map((site) => spool.pathOf({ kind: 'contribution', ...object, site })),
        output: spool.pathOf({ kind: 'fold', ...object }),
        parameters,
        keyEpoch: attempt.keyEpoch,
        dropped: terms,
      });
      measured((performance.now() - start) / 1000, attempt.contributors.length * parameters.uploadBytes);
      await submit(state.hash, (now) =>
        isStillClosed(now, attempt) ? { type: 'folded', ...place, bytes, sha256, ...(faulty.length > 0 ? { faulty } : {}) } : undefined,
      );
    } catch (error) {
      log.error({ study: state.hash.slice(0, 8), round: attempt.round, err: error }, 'the sum of a round could not be made');
      await submit(state.hash, (now) =>
        isStillClosed(now, attempt) ? { type: 'attemptFailed', ...place, ...failureOf(error) } : undefined,
      ).catch((failure: unknown) =>
        log.error({ err: failure }, 'the failed sum could not be recorded; it is tried again at the next start'),
      );
    }
  }
}

/** A dropped site that dealt shares of another key is named; whatever else fails has no name. */
function failureOf(error: unknown): { readonly reason: AttemptFailure; readonly sites: readonly SiteName[] } {
  const dealt = error instanceof ConsiliumError && error.code === 'DEALT_INVALID';
  return dealt ? { reason: 'dealt', sites: error.problems.map(({ path }) => path as SiteName) } : { reason: 'unfoldable', sites: [] };
}

function isStillClosed(state: StudyState, attempt: ClosedAttempt): boolean {
  const { activity } = state;
  return (
    activity.phase === 'round' &&
    activity.attempt.phase === 'closed' &&
    activity.attempt.round === attempt.round &&
    activity.attempt.attempt === attempt.attempt
  );
}
