import type { SiteName } from '@consilium/protocol';
import type { Refusal, StudyState } from './study-state.js';

const DAY_MS = 86_400_000;

/**
 * Why a site takes no part until somebody there says otherwise: it withdrew or paused by a signed statement, or the last
 * day (UTC) of its approval is over. It is not asked meanwhile; the site itself would refuse as well.
 * @param now - milliseconds since 1970
 */
export function standingRefusal(state: StudyState, site: SiteName, now: number): Refusal | undefined {
  const refusal = state.standing.get(site) ?? expired(state, site, now);
  const told = state.refusals.get(site);
  // The site's own word on it brings the incident.
  return refusal && told?.code === refusal.code ? { ...refusal, incident: told.incident } : refusal;
}

/** A standing refusal, or else what the site said when it was last asked. */
export function refusalBy(state: StudyState, site: SiteName, now: number): Refusal | undefined {
  return standingRefusal(state, site, now) ?? state.refusals.get(site);
}

function expired(state: StudyState, site: SiteName, now: number): Refusal | undefined {
  const until = state.approvals.get(site)?.until ?? null;
  const over = until === null ? undefined : Date.parse(until) + DAY_MS;
  if (over === undefined || now < over) return undefined;
  const at = new Date(over).toISOString();
  return { code: 'APPROVAL_ENDED', fields: { why: 'expired' }, incident: '', decision: 'refused', round: state.rounds.length, at };
}
