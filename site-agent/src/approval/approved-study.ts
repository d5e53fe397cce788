import { sha256Hex, type ResolvedStudy, type StudyHash } from '@consilium/protocol';
import type { Officer } from '../config/index.js';
import { siteRefused } from '../rounds/site-refused.js';
import { findApproval, findMembership, findPause, findStudy, type SiteState, type StoredApproval } from '../state/index.js';
import { approvedVersion } from './approved-version.js';
import { checkOfficer } from './officer-word.js';
import { readStoredStudy } from './read-study.js';

/** A study that this site may work on now, and what its officer signed. */
export interface ApprovedStudy {
  readonly study: ResolvedStudy;
  readonly approval: StoredApproval;
}

/** By what an approval is judged. */
export interface ApprovalRules {
  /** Of `site.yaml`; where there are any, one of them has to have signed. */
  readonly officers: readonly Officer[];
  readonly now?: Date;
}

/**
 * The study behind a hash that the coordinator names, if this site's officer approved exactly it and the approval
 * still holds. Nothing that the coordinator says counts here. Asked at every step, so that a limit acts from the next
 * step on.
 * @throws SiteRefused NOT_APPROVED, APPROVAL_ENDED, PAUSED, APPROVAL_STALE (another version is the approved one, or the
 * stored bytes are not those that were approved)
 */
export function approvedStudy(state: SiteState, hash: StudyHash, { officers, now = new Date() }: ApprovalRules): ApprovedStudy {
  const approval = findApproval(state, hash);
  const stored = findStudy(state, hash);
  if (approval === undefined || stored === undefined) throw notApproved(state, hash);
  const { statement } = approval;
  const actual = sha256Hex(stored.specification);
  if (actual !== hash || statement.study !== hash) throw stale(statement.study, actual);
  if (statement.decision === 'withdraw') throw siteRefused('APPROVAL_ENDED', { why: 'withdrawn' });
  const site = findMembership(state)?.site;
  if (statement.site !== site) throw siteRefused('NOT_APPROVED', {}, new Error('the stored approval is one of another site'));
  checkOfficer(statement, officers);
  if (statement.until !== null && now.toISOString().slice(0, 10) > statement.until) throw siteRefused('APPROVAL_ENDED', { why: 'expired' });
  const pause = findPause(state, hash);
  if (pause) throw siteRefused('PAUSED', { by: pause.statement.by });
  return { study: readStoredStudy(stored), approval };
}

/** A study that this site never approved: another version of it may be what somebody thought of. */
function notApproved(state: SiteState, hash: StudyHash) {
  const other = approvedVersion(state, hash);
  return other === undefined ? siteRefused('NOT_APPROVED') : stale(other, hash);
}

const stale = (approved: string, current: string) =>
  siteRefused('APPROVAL_STALE', { approved: approved.slice(0, 8), current: current.slice(0, 8) });
