import { explainRefusal, type SiteName } from '@consilium/protocol';
import { Step } from '@consilium/protocol/wire';
import type { ReportedStep } from '../grpc/session-hub.js';
import { progressSentence, type Progress } from '../grpc/upload-progress.js';
import type { SiteStatus } from '../http/study-views.js';
import { refusalBy } from '../rounds/standing-refusal.js';
import { LOST_AFTER_MS } from '../rounds/world.js';
import type { Attempt, StudyState } from '../rounds/study-state.js';

/** What the coordinator knows of a site besides the study's record. */
export interface Presence {
  readonly connected: boolean;
  /** Milliseconds since 1970; nothing for a site that was never connected. */
  readonly lastSeen: number | undefined;
  readonly step: ReportedStep | undefined;
  readonly upload: Progress | undefined;
  readonly now: number;
}

const STEP_WORD = {
  [Step.STEP_TRAINING]: 'training',
  [Step.STEP_SEALING]: 'sealing',
  [Step.STEP_UPLOADING]: 'uploading',
  [Step.STEP_OPENING]: 'opening',
} as const satisfies Partial<Record<Step, SiteStatus['state']>>;

interface Said {
  readonly state: SiteStatus['state'];
  readonly since?: string;
  readonly sentence?: string;
  readonly whoCanAct?: string;
  readonly code?: string;
  readonly incident?: string;
}

/** One state, since when, the reason, and who can act: the same for API, command line and console (field case UX-1). */
export function siteStatus(state: StudyState, site: SiteName, presence: Presence): SiteStatus {
  const said = say(state, site, presence);
  return {
    site,
    state: said.state,
    since: said.since ?? null,
    code: said.code ?? null,
    sentence: said.sentence ?? null,
    whoCanAct: said.whoCanAct ?? null,
    incident: said.incident ?? null,
  };
}

function say(state: StudyState, site: SiteName, presence: Presence): Said {
  const { activity } = state;
  if (state.outOfStep.has(site))
    return {
      state: 'out-of-step',
      code: 'OUT_OF_STEP',
      sentence: "The site's state differs from the agreed one.",
      whoCanAct: 'Site IT looks up the incident at the site.',
    };
  const refusal = refusalBy(state, site, presence.now);
  if (refusal) {
    const { what, fix } = explainRefusal(refusal);
    const said = { state: refusal.decision, since: refusal.at, code: refusal.code, sentence: what, whoCanAct: fix };
    return refusal.incident === '' ? said : { ...said, incident: refusal.incident };
  }
  // Also of a study that is over people can see why a site was not in it.
  if (activity.phase === 'ended') return { state: 'done', since: activity.at };
  if (!state.approvals.has(site))
    return {
      state: 'not-approved',
      sentence: 'Waiting for approval at the site.',
      whoCanAct: `An officer at ${site}: consilium-site study approve ${state.hash.slice(0, 8)}`,
    };
  if (!presence.connected) return away(presence, site);
  return present(state, site, presence);
}

function away({ lastSeen, now }: Presence, site: SiteName): Said {
  if (lastSeen === undefined)
    return { state: 'lost', sentence: 'Never connected.', whoCanAct: `Site IT at ${site} starts the agent: consilium-site run` };
  const since = new Date(lastSeen).toISOString();
  const lost = now - lastSeen >= LOST_AFTER_MS;
  return {
    state: 'lost',
    since,
    sentence: `Last seen ${since}.`,
    whoCanAct: lost ? `Site IT at ${site} looks at the agent and its network.` : 'Nobody yet: the agent reconnects by itself.',
  };
}

function present(state: StudyState, site: SiteName, presence: Presence): Said {
  const { activity } = state;
  if (activity.phase === 'proposed' || activity.phase === 'queued') return { state: 'approved' };
  if (!state.confirmed.has(site))
    return {
      state: 'approved',
      sentence: `Waiting for the study key of epoch ${state.keyEpoch}.`,
      whoCanAct: `Nobody: ${state.steward ?? 'the first site'} hands the keys out by itself while it is connected.`,
    };
  if (activity.phase !== 'round') return { state: 'ready' };
  const { attempt } = activity;
  const step = presence.step;
  const here = step && step.study === state.hash && step.round === attempt.round && step.attempt === attempt.attempt ? step : undefined;
  const working = here && Object.hasOwn(STEP_WORD, here.step) ? STEP_WORD[here.step as keyof typeof STEP_WORD] : undefined;
  const since = here && new Date(here.since).toISOString();
  if (activity.agreed.has(site)) return { state: 'applied' };
  if (attempt.phase === 'folded' || attempt.phase === 'closed')
    return { state: working === 'opening' ? 'opening' : 'counted', ...(since ? { since } : {}) };
  if (attempt.uploads.has(site)) return { state: 'counted' };
  if (!attempt.participants.includes(site)) return { state: 'ready' };
  if (presence.now > Date.parse(attempt.deadline))
    return {
      state: 'late',
      since: attempt.deadline,
      sentence: 'Alive, past the deadline of the round.',
      whoCanAct: 'Site IT looks at the load of the site; the researcher can set a longer sites.roundDeadline.',
    };
  const upload = working === 'uploading' ? uploadUnderWay(state, presence, attempt) : undefined;
  return { state: working ?? 'ready', ...(since ? { since } : {}), ...(upload ? { sentence: progressSentence(upload) } : {}) };
}

function uploadUnderWay({ hash }: StudyState, { upload }: Presence, { round, attempt }: Attempt): Progress | undefined {
  return upload && upload.study === hash && upload.round === round && upload.attempt === attempt ? upload : undefined;
}
