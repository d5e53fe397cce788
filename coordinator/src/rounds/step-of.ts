import { giveBack } from './attempt-graph.js';
import type { ClosedAttempt, StudyState } from './study-state.js';

/** The step that a closed attempt is at: words of DESIGN.md section 3. */
export function stepOf(state: StudyState, attempt: ClosedAttempt): 'listing' | 'unmasking' | 'folded' | 'applied' {
  const { t } = state.study.derived.thresholds;
  if (attempt.listSignatures.size < t) return 'listing';
  if (attempt.phase === 'closed') return 'unmasking';
  return attempt.foldSignatures.size < t || !giveBack(state, attempt, new Set(attempt.releases.keys())) ? 'folded' : 'applied';
}
