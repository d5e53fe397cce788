import type { RoundView } from '../http/study-views.js';
import type { Attempt, StudyState } from '../rounds/study-state.js';
import { failureSentence } from './study-words.js';

function ofAttempt(attempt: Attempt): Omit<RoundView, 'outcome' | 'reason' | 'endedAt' | 'outOfStep'> {
  const listed = attempt.phase === 'closed' || attempt.phase === 'folded';
  return {
    round: attempt.round,
    attempt: attempt.attempt,
    kind: attempt.kind,
    announcedAt: attempt.announcedAt,
    participants: [...attempt.participants],
    contributors: listed ? [...attempt.contributors] : [...attempt.uploads.keys()],
    foldBytes: attempt.phase === 'folded' ? attempt.fold.bytes : null,
    foldSha256: attempt.phase === 'folded' ? attempt.fold.sha256 : null,
    faulty: [...attempt.faulty],
  };
}

/** One row per attempt, in order: what was asked, who contributed, how it ended. */
export function roundViews(state: StudyState): readonly RoundView[] {
  const done = state.rounds.map(({ attempt, doneAt, states }): RoundView => ({
    ...ofAttempt(attempt),
    outcome: 'done',
    reason: null,
    endedAt: doneAt,
    outOfStep: [...state.outOfStep].filter((site) => !states.has(site)),
  }));
  const failed = state.failures.map((failure): RoundView => ({
    round: failure.round,
    attempt: failure.attempt,
    kind: failure.kind,
    outcome: 'failed',
    reason: failureSentence(failure, state.study),
    announcedAt: failure.announcedAt,
    endedAt: failure.at,
    participants: [...failure.participants],
    contributors: [...failure.contributors],
    foldBytes: null,
    foldSha256: null,
    faulty: [...failure.faulty],
    outOfStep: [],
  }));
  const { activity } = state;
  const running =
    activity.phase === 'round'
      ? [{ ...ofAttempt(activity.attempt), outcome: 'running' as const, reason: null, endedAt: null, outOfStep: [] }]
      : [];
  return [...done, ...failed, ...running].sort((one, other) => one.round - other.round || one.attempt - other.attempt);
}
