import { sha256Hex, type ResolvedStudy, type StudyHash } from '@consilium/protocol';
import { siteRefused } from '../rounds/site-refused.js';
import { findApproval, findStudy, type SiteState, type StoredApproval } from '../state/index.js';
import { readStoredStudy } from './read-study.js';

/** A study that this site may work on now, and what its officer signed. */
export interface ApprovedStudy {
  readonly study: ResolvedStudy;
  readonly approval: StoredApproval;
}

/**
 * The study behind a hash that the coordinator names, if this site's officer approved exactly it and the approval
 * still holds. Nothing that the coordinator says counts here.
 * @throws SiteRefused NOT_APPROVED, APPROVAL_ENDED, APPROVAL_STALE (the stored bytes are not those that were approved)
 */
export function approvedStudy(state: SiteState, hash: StudyHash, now: Date = new Date()): ApprovedStudy {
  const approval = findApproval(state, hash);
  const stored = findStudy(state, hash);
  if (approval === undefined || stored === undefined) throw siteRefused('NOT_APPROVED');
  const { decision, until } = approval.statement;
  if (decision === 'withdraw') throw siteRefused('APPROVAL_ENDED', { why: 'withdrawn' });
  if (until !== null && now.toISOString().slice(0, 10) > until) throw siteRefused('APPROVAL_ENDED', { why: 'expired' });
  const actual = sha256Hex(stored.specification);
  if (actual !== hash || approval.statement.study !== hash)
    throw siteRefused('APPROVAL_STALE', { approved: approval.statement.study.slice(0, 8), current: actual.slice(0, 8) });
  return { study: readStoredStudy(stored), approval };
}
