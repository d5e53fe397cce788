import { explainRefusal, type RefusalCode, type SiteName, type SiteRefusal } from '@consilium/protocol';
import type { SiteStatus } from '../http/study-views.js';
import { refusalBy } from '../rounds/standing-refusal.js';
import { LOST_AFTER_MS } from '../rounds/world.js';
import type { StudyState } from '../rounds/study-state.js';
import type { Presence } from './presence.js';

/** One reason why a site is not in the round, and the state that it alone would make. */
export interface Said {
  readonly state: SiteStatus['state'];
  readonly since?: string;
  readonly sentence: string;
  readonly whoCanAct: string;
  readonly code?: string;
  readonly incident?: string;
}

const instant = (ms: number): string => new Date(ms).toISOString();
const siteRefusal = (code: RefusalCode, fields: Readonly<Record<string, string>>): SiteRefusal => ({ code, fields });
const explained = (refusal: SiteRefusal) => {
  const { what, fix } = explainRefusal(refusal);
  return { code: refusal.code, sentence: what, whoCanAct: fix };
};

/** All reasons at once, the first of them the one that its state names; none where nothing keeps the site from the study. */
export function siteReasons(state: StudyState, site: SiteName, presence: Presence): readonly Said[] {
  const refusal = refused(state, site, presence);
  if (state.activity.phase === 'ended') return state.outOfStep.has(site) ? [OUT_OF_STEP] : refusal;
  const known = [
    ...(state.outOfStep.has(site) ? [OUT_OF_STEP] : []),
    ...refusal,
    ...(state.approvals.has(site) ? [] : [notApproved(state, site, presence)]),
    ...away(state, site, presence),
  ];
  const all = [...known, ...blocked(presence), ...occupied(presence), ...keyless(state, site, presence)];
  return all.filter(({ code }, index) => code === undefined || all.findIndex((one) => one.code === code) === index);
}

const OUT_OF_STEP: Said = {
  state: 'out-of-step',
  code: 'OUT_OF_STEP',
  sentence: "The site's state differs from the agreed one.",
  whoCanAct: 'Site IT looks up the incident at the site.',
};

function refused(state: StudyState, site: SiteName, { now }: Presence): readonly Said[] {
  const refusal = refusalBy(state, site, now);
  if (!refusal) return [];
  const { decision, at, incident } = refusal;
  return [{ state: decision, since: at, ...explained(refusal), ...(incident === '' ? {} : { incident }) }];
}

function notApproved(state: StudyState, site: SiteName, { obstacles = [], approvedOther }: Presence): Said {
  const current = state.hash.slice(0, 8);
  const here = {
    state: 'not-approved',
    since: state.proposedAt,
    whoCanAct: `An officer at ${site}: consilium-site study approve ${current}`,
  } as const;
  const told = obstacles.find(({ code }) => code === 'APPROVAL_STALE');
  const known = approvedOther && siteRefusal('APPROVAL_STALE', { approved: approvedOther.slice(0, 8), current });
  const stale = told ?? known;
  return stale ? { ...explained(stale), ...here } : { ...here, sentence: 'Waiting for approval at the site.' };
}

function away(state: StudyState, site: SiteName, { connected, lastSeen, turnedAway, now }: Presence): readonly Said[] {
  if (connected) return [];
  if (turnedAway) {
    const { have, need, at } = turnedAway;
    return [
      { state: 'lost', since: instant(at), ...explained(siteRefusal('VERSION_TOO_OLD', { have: String(have), need: String(need) })) },
    ];
  }
  if (lastSeen === undefined)
    return [
      {
        state: 'lost',
        since: state.proposedAt,
        sentence: 'Never connected.',
        whoCanAct: `Site IT at ${site} starts the agent: consilium-site run`,
      },
    ];
  const since = instant(lastSeen);
  const lost = now - lastSeen >= LOST_AFTER_MS;
  const whoCanAct = lost ? `Site IT at ${site} looks at the agent and its network.` : 'Nobody yet: the agent reconnects by itself.';
  return [{ state: 'lost', since, sentence: `Last seen ${since}.`, whoCanAct }];
}

/** By the site's own word; of its approval the record knows more, and earlier. */
function blocked({ connected, obstacles = [] }: Presence): readonly Said[] {
  if (!connected) return [];
  const own = obstacles.filter(({ code }) => code !== 'NOT_APPROVED' && code !== 'APPROVAL_STALE');
  return own.map((one): Said => ({ state: 'blocked', since: instant(one.since), ...explained(one) }));
}

function occupied({ occupant }: Presence): readonly Said[] {
  if (!occupant) return [];
  const since = occupant.launchedAt ?? occupant.proposedAt;
  return [
    {
      state: 'blocked',
      since,
      sentence: `Busy with another study, ${occupant.study.name} (${occupant.hash.slice(0, 8)}), since ${since}.`,
      whoCanAct: 'Nobody has to: this study begins when that one is over. A researcher can stop that one.',
    },
  ];
}

/** A site gets the keys of an epoch from the one site that made them. */
function keyless(state: StudyState, site: SiteName, { connected }: Presence): readonly Said[] {
  const { phase } = state.activity;
  if (!connected || phase === 'proposed' || phase === 'queued' || state.confirmed.has(site)) return [];
  return [
    {
      state: 'approved',
      ...(state.launchedAt === undefined ? {} : { since: state.launchedAt }),
      sentence: `Waiting for the study key of epoch ${state.keyEpoch}.`,
      whoCanAct: `Nobody: ${state.steward ?? 'the first site'} hands the keys out by itself while it is connected.`,
    },
  ];
}
