import type { SiteName } from '@consilium/protocol';
import type { Refusal, StudyState } from './study-state.js';

const DAY_MS = 86_400_000;

/**
 * Why a site takes no part until somebody there says otherwise, or a time comes: it withdrew or paused by a signed statement, or the last
 * day (UTC) of its approval is over, or its own hours are. It is not asked meanwhile; the site itself would refuse as well.
 * @param now - milliseconds since 1970
 */
export function standingRefusal(state: StudyState, site: SiteName, now: number): Refusal | undefined {
  const told = saidBy(state, site, now);
  const refusal = state.standing.get(site) ?? expired(state, site, now) ?? (told?.code === 'OUTSIDE_HOURS' ? told : undefined);
  // The site's own word on it brings the incident.
  return refusal && told?.code === refusal.code ? { ...refusal, incident: told.incident } : refusal;
}

/** A standing refusal, or else what the site said when it was last asked. */
export function refusalBy(state: StudyState, site: SiteName, now: number): Refusal | undefined {
  return standingRefusal(state, site, now) ?? saidBy(state, site, now);
}

/** What the site said last; hours that have begun by now are no reason any more. */
function saidBy({ refusals }: StudyState, site: SiteName, now: number): Refusal | undefined {
  const said = refusals.get(site);
  return said?.code === 'OUTSIDE_HOURS' && now >= Date.parse(said.fields['opens'] ?? '') ? undefined : said;
}

function expired(state: StudyState, site: SiteName, now: number): Refusal | undefined {
  const until = state.approvals.get(site)?.until ?? null;
  const over = until === null ? undefined : Date.parse(until) + DAY_MS;
  if (over === undefined || now < over) return undefined;
  const at = new Date(over).toISOString();
  return { code: 'APPROVAL_ENDED', fields: { why: 'expired' }, incident: '', decision: 'refused', round: state.rounds.length, at };
}
