import type { StudyHash } from '@consilium/protocol';
import type { Folder } from '@consilium/sealed-sum/fold';
import type { Logger } from 'pino';
import type { Attempt, StudyState } from '../rounds/study-state.js';
import type { StudyEvent } from '../rounds/study-event.js';
import type { Spool } from './spool.js';

export interface FoldWorkOptions {
  readonly spool: Spool;
  readonly folder: Folder;
  readonly log: Logger;
  readonly submit: (study: StudyHash, propose: (state: StudyState) => StudyEvent | undefined) => Promise<unknown>;
  /** Seconds and ciphertext bytes of a finished fold, for the metrics. */
  readonly measured: (seconds: number, bytes: number) => void;
}

type Folding = Extract<Attempt, { phase: 'folding' }>;

/**
 * Adds the ciphertexts of an attempt whose list is closed. A level, like all work here: it follows from the state, so a
 * restart begins it again, and a fold that was written before the kill is simply written once more, byte for byte.
 */
export class FoldWork {
  readonly #running = new Set<string>();

  constructor(private readonly options: FoldWorkOptions) {}

  /** Starts the fold that a state asks for, unless it runs already. */
  follow(state: StudyState): void {
    if (state.activity.phase !== 'round' || state.activity.attempt.phase !== 'folding') return;
    const { attempt } = state.activity;
    const key = `${state.hash}/${attempt.round}/${attempt.attempt}`;
    if (this.#running.has(key)) return;
    this.#running.add(key);
    void this.#fold(state, attempt).finally(() => this.#running.delete(key));
  }

  async #fold(state: StudyState, attempt: Folding): Promise<void> {
    const { spool, folder, submit, measured, log } = this.options;
    const place = { round: attempt.round, attempt: attempt.attempt };
    const object = { study: state.hash, ...place };
    const start = performance.now();
    try {
      const { bytes, sha256 } = await folder.fold({
        uploads: attempt.contributors.map((site) => spool.pathOf({ kind: 'contribution', ...object, site })),
        output: spool.pathOf({ kind: 'fold', ...object }),
        parameters: state.study.derived.sums[attempt.kind],
        keyEpoch: attempt.keyEpoch,
      });
      measured((performance.now() - start) / 1000, attempt.contributors.length * state.study.derived.sums[attempt.kind].uploadBytes);
      await submit(state.hash, (now) => (isStillFolding(now, attempt) ? { type: 'folded', ...place, bytes, sha256 } : undefined));
    } catch (error) {
      log.error({ study: state.hash.slice(0, 8), round: attempt.round, err: error }, 'the sum of a round could not be made');
      await submit(state.hash, (now) =>
        isStillFolding(now, attempt) ? { type: 'attemptFailed', ...place, reason: 'unfoldable', sites: [] } : undefined,
      ).catch((failure: unknown) =>
        log.error({ err: failure }, 'the failed sum could not be recorded; it is tried again at the next start'),
      );
    }
  }
}

function isStillFolding(state: StudyState, attempt: Folding): boolean {
  const { activity } = state;
  return (
    activity.phase === 'round' &&
    activity.attempt.phase === 'folding' &&
    activity.attempt.round === attempt.round &&
    activity.attempt.attempt === attempt.attempt
  );
}
