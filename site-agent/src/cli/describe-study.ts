import { readStoredStudy } from '../approval/index.js';
import { findApproval, findPause, findVote, unsentPauses, type SiteState, type StoredStudy } from '../state/index.js';

/** Where a study stands at this site: one line, and the same as data. */
export interface StudyDescription {
  readonly line: string;
  readonly data: {
    readonly hash: string;
    readonly name: string | null;
    readonly decision: 'approved' | 'withdrawn' | 'waiting';
    readonly until: string | null;
    /** Decimal text. */
    readonly epsilonLimit: string | null;
    /** Whose key the officer's signature is by, hex. */
    readonly officer: string | null;
    readonly reason: string | null;
    /** Who paused the study here. */
    readonly pausedBy: 'site' | 'officer' | null;
    /** Whether the coordinator has the decision, and the last word on a pause. */
    readonly delivered: boolean;
    readonly vote: 'yes' | 'no' | null;
    readonly receivedAt: string;
  };
}

export function describeStudy(state: SiteState, stored: StoredStudy): StudyDescription {
  const approval = findApproval(state, stored.hash);
  const decision = approval === undefined ? 'waiting' : approval.statement.decision === 'approve' ? 'approved' : 'withdrawn';
  const until = approval?.statement.until ?? null;
  const epsilonLimit = approval?.statement.epsilonLimit ?? null;
  const officer = approval?.statement.officer?.key ?? null;
  const pausedBy = findPause(state, stored.hash)?.statement.by ?? null;
  const unsent = unsentPauses(state).some(({ study }) => study === stored.hash);
  const delivered = approval !== undefined && approval.sentAt !== null && !unsent;
  const vote = findVote(state, stored.hash)?.vote ?? null;
  const name = nameOf(stored);
  const said = [
    decision === 'waiting' ? 'waits for approval' : decision,
    ...(until === null ? [] : [`until ${until}`]),
    ...(epsilonLimit === null ? [] : [`epsilon at most ${epsilonLimit}`]),
    ...(officer === null ? [] : ['signed by an officer']),
    ...(pausedBy === null ? [] : [`paused by ${pausedBy === 'site' ? 'this site' : 'an officer'}`]),
    ...(approval !== undefined && !delivered ? ['not sent yet'] : []),
    ...(vote === null ? [] : [`release: ${vote}`]),
  ];
  const data = {
    hash: stored.hash,
    name,
    decision,
    until,
    epsilonLimit,
    officer,
    reason: approval?.reason ?? null,
    pausedBy,
    delivered,
    vote,
    receivedAt: stored.receivedAt,
  } as const;
  return { data, line: `${stored.hash.slice(0, 8)}  ${name ?? '(of another version)'}  ${said.join(', ')}` };
}

function nameOf(stored: StoredStudy): string | null {
  try {
    return readStoredStudy(stored).name;
  } catch {
    return null;
  }
}
