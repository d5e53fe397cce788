import type { Logger } from 'pino';
import type { StoredEvent } from '../rounds/study-event.js';
import type { StudyState } from '../rounds/study-state.js';
import type { StudyHash } from '@consilium/protocol';
import { deleteRelayBoxes, deleteShareBoxes, type Database } from '../storage/index.js';
import type { Spool } from './spool.js';

/** Sums are kept for sites that were away, at most this long after the study ended (PROTOCOL.md section 4, "Deletion"). */
const KEEP_FOLDS_MS = 7 * 86_400_000;

/**
 * Deletes what is no longer needed: boxes of shares once their block is in use, contributions and released shares once their round is decided, sums once every site has applied them,
 * sealed keys once the study has ended.
 */
export function cleanUp(spool: Spool, db: Database, log: Logger): (state: StudyState, stored: StoredEvent | undefined) => void {
  const attempt = (work: Promise<void>): void =>
    void work.catch((error: unknown) => log.warn({ err: error }, 'something that is no longer needed could not be deleted yet'));
  /** By study: the last round whose sum is deleted, with those before it. */
  const deletedUpTo = new Map<StudyHash, number>();
  const deleteAppliedFolds = async (state: StudyState): Promise<void> => {
    const before = deletedUpTo.get(state.hash) ?? 0;
    const applied = appliedEverywhere(state);
    if (applied <= before) return;
    deletedUpTo.set(state.hash, applied);
    for (const { attempt: done } of state.rounds.filter(({ attempt: { round } }) => round > before && round <= applied))
      await spool.deleteAttempt(state.hash, done.round, done.attempt);
  };
  return (state, stored) => {
    const event = stored?.event;
    if (event === undefined || event.type === 'ended') {
      if (state.activity.phase === 'ended') attempt(afterEnd(state, spool, db));
      return;
    }
    // A block whose seats are in use: whoever has not taken its shares by then has fallen out of it.
    if (event.type === 'announced') attempt(deleteShareBoxes(db, state.hash, event.block + 1));
    if (event.type === 'roundDone') attempt(spool.deleteContributions(state.hash, event.round, event.attempt));
    if (event.type === 'attemptFailed') attempt(spool.deleteAttempt(state.hash, event.round, event.attempt));
    if (event.type === 'agreed' || event.type === 'roundDone') attempt(deleteAppliedFolds(state));
  };
}

/** The last round that is done and that every site has applied; a site that is out of step applies nothing any more. */
function appliedEverywhere({ study, outOfStep, applied, rounds }: StudyState): number {
  return Math.min(
    rounds.at(-1)?.attempt.round ?? 0,
    ...study.sites.names.map((site) => (outOfStep.has(site) ? Infinity : (applied.get(site) ?? 0))),
  );
}

async function afterEnd(state: StudyState, spool: Spool, db: Database): Promise<void> {
  const { activity } = state;
  if (activity.phase !== 'ended') return;
  const applied = state.study.sites.names.every((site) => (state.applied.get(site) ?? 0) >= state.rounds.length);
  const over = activity.outcome !== 'done' || applied || Date.now() - Date.parse(activity.at) > KEEP_FOLDS_MS;
  if (!over) {
    for (const { attempt } of state.rounds) await spool.deleteContributions(state.hash, attempt.round, attempt.attempt);
    return;
  }
  await spool.deleteRounds(state.hash);
  await deleteRelayBoxes(db, state.hash);
  await deleteShareBoxes(db, state.hash, state.nextBlock);
}
