import { ConsiliumError, type SiteName, type StudyHash } from '@consilium/protocol';
import { ReleasedShares, type ReleasedShare } from '@consilium/protocol/wire';
import type { Folder } from '@consilium/sealed-sum/fold';
import type { Logger } from 'pino';
import { transcriptOf } from '../grpc/attempt-calls.js';
import { droppedSites, type ClosedAttempt, type StudyState } from '../rounds/study-state.js';
import { masksOfDropped, sharesAreIn, type DroppedMasks, type SharesByHolder } from './dropped-masks.js';
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
  /** What was told meanwhile of an attempt whose shares were being looked at. */
  readonly #news = new Map<string, StudyState>();

  constructor(private readonly options: FoldWorkOptions) {}

  /** Starts the fold that a state asks for, as soon as it can be made, unless it runs already. */
  follow(state: StudyState): void {
    if (state.activity.phase !== 'round' || state.activity.attempt.phase !== 'closed') return;
    const { attempt } = state.activity;
    const key = `${state.hash}/${attempt.round}/${attempt.attempt}`;
    if (this.#running.has(key)) {
      this.#news.set(key, state);
      return;
    }
    this.#running.add(key);
    void this.#work(state, attempt).then((folded) => {
      const news = this.#news.get(key);
      this.#news.delete(key);
      this.#running.delete(key);
      if (!folded && news) this.follow(news);
    });
  }

  /** @returns whether the attempt was folded, or failed; not while too few right shares of its dropped sites are in */
  async #work(state: StudyState, attempt: ClosedAttempt): Promise<boolean> {
    try {
      const dropped = await this.#dropped(state, attempt);
      if (!dropped) return false;
      await this.#fold(state, attempt, dropped);
    } catch (error) {
      await this.#fail(state, attempt, error);
    }
    return true;
  }

  /** The masks that dropped sites left in the sum; nothing while too few holders have released their shares. */
  async #dropped(state: StudyState, attempt: ClosedAttempt): Promise<DroppedMasks | undefined> {
    const sites = droppedSites(attempt);
    if (sites.length === 0) return { terms: [], faulty: [] };
    if (attempt.listSignatures.size < state.study.derived.thresholds.t) return undefined;
    const shares = await this.#sharesOf(state.hash, attempt);
    if (!sharesAreIn(state, attempt, sites, shares)) return undefined;
    return masksOfDropped(state, attempt, sites, shares, transcriptOf(state, attempt, this.options.consortium));
  }

  async #sharesOf(study: StudyHash, { round, attempt, releases }: ClosedAttempt): Promise<SharesByHolder> {
    const shares = new Map<SiteName, readonly ReleasedShare[]>();
    for (const site of releases.keys()) {
      const bytes = await this.options.spool.read({ kind: 'shares', study, round, attempt, site });
      if (bytes) shares.set(site, ReleasedShares.decode(bytes).shares);
    }
    return shares;
  }

  async #fold(state: StudyState, attempt: ClosedAttempt, { terms, faulty }: DroppedMasks): Promise<void> {
    const { spool, folder, submit, measured } = this.options;
    const place = { round: attempt.round, attempt: attempt.attempt };
    const object = { study: state.hash, ...place };
    const parameters = state.study.derived.sums[attempt.kind];
    const start = performance.now();
    const { bytes, sha256 } = await folder.fold({
      uploads: attempt.contributors.map((site) => spool.pathOf({ kind: 'contribution', ...object, site })),
      output: spool.pathOf({ kind: 'fold', ...object }),
      parameters,
      keyEpoch: attempt.keyEpoch,
      dropped: terms,
    });
    measured((performance.now() - start) / 1000, attempt.contributors.length * parameters.uploadBytes);
    const named = faulty.length > 0 ? { faulty } : {};
    await submit(state.hash, (now) => (isStillClosed(now, attempt) ? { type: 'folded', ...place, bytes, sha256, ...named } : undefined));
  }

  async #fail({ hash }: StudyState, attempt: ClosedAttempt, error: unknown): Promise<void> {
    const { submit, log } = this.options;
    const place = { round: attempt.round, attempt: attempt.attempt };
    log.error({ study: hash.slice(0, 8), round: attempt.round, err: error }, 'the sum of a round could not be made');
    await submit(hash, (now) => (isStillClosed(now, attempt) ? { type: 'attemptFailed', ...place, ...failureOf(error) } : undefined)).catch(
      (failure: unknown) => log.error({ err: failure }, 'the failed sum could not be recorded; it is tried again at the next start'),
    );
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
