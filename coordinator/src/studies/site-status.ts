import type { SiteName } from '@consilium/protocol';
import { Step } from '@consilium/protocol/wire';
import { progressSentence, type Progress } from '../grpc/upload-progress.js';
import type { SiteStatus } from '../http/study-views.js';
import type { Attempt, StudyState } from '../rounds/study-state.js';
import type { Presence } from './presence.js';
import { siteReasons, type Said } from './site-reasons.js';

const STEP_WORD = {
  [Step.STEP_TRAINING]: 'training',
  [Step.STEP_SEALING]: 'sealing',
  [Step.STEP_UPLOADING]: 'uploading',
  [Step.STEP_OPENING]: 'opening',
} as const satisfies Partial<Record<Step, SiteStatus['state']>>;

/**
 * One state, since when, the reason, and who can act, and all other reasons at the same time: the same for API, command line
 * and console (field case UX-1).
 */
export function siteStatus(state: StudyState, site: SiteName, presence: Presence): SiteStatus {
  const reasons = siteReasons(state, site, presence);
  const said = say(state, site, presence, reasons);
  return {
    site,
    state: said.state,
    since: said.since ?? null,
    code: said.code ?? null,
    sentence: said.sentence ?? null,
    whoCanAct: said.whoCanAct ?? null,
    incident: said.incident ?? null,
    reasons: reasons.map(({ since = null, code = null, sentence, whoCanAct }) => ({ since, code, sentence, whoCanAct })),
  };
}

function say(state: StudyState, site: SiteName, presence: Presence, [first]: readonly Said[]): Partial<Said> & Pick<Said, 'state'> {
  const { activity } = state;
  // Also of a study that is over people can see why a site was not in it.
  if (activity.phase === 'ended') return first ?? { state: 'done', since: activity.at };
  if (first && first.state !== 'blocked') return first;
  const now = present(state, site, presence);
  // What it has begun it finishes.
  return first && (now.state === 'approved' || now.state === 'ready') ? first : now;
}

function present(state: StudyState, site: SiteName, presence: Presence): Partial<Said> & Pick<Said, 'state'> {
  const { activity } = state;
  if (activity.phase === 'proposed') return { state: 'approved' };
  if (activity.phase === 'queued') return { state: 'approved', since: activity.since };
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
