import { durationMs, type SiteName } from '@consilium/protocol';
import { askKeys } from './ask-keys.js';
import { attemptGraph } from './attempt-graph.js';
import { end } from './ending.js';
import { goesOnWithout, hasLostSeats, hasRefused, hasSpoken, rests, restsAllowed } from './going-on.js';
import type { SignedStateRecord, StudyEvent } from './study-event.js';
import { stepOf } from './step-of.js';
import type { Attempt, ClosedAttempt, StudyState } from './study-state.js';
import { whenWaiting } from './when-waiting.js';
import { isLost, WAIT_LIMIT_MS, type World } from './world.js';

const sitesOf = (state: StudyState): readonly SiteName[] => state.study.sites.names;

/**
 * What the coordinator itself does next in a study, if anything: a pure function of the study's record and the
 * moment. The runner stores the event, advances, and asks again.
 */
export function decide(state: StudyState, world: World): StudyEvent | undefined {
  const { activity } = state;
  switch (activity.phase) {
    case 'proposed':
    case 'ended':
      return undefined;
    case 'queued':
      return whenQueued(state, world);
    case 'keys':
      return whenKeys(state, activity, world);
    case 'waiting':
      return whenWaiting(state, activity, world);
    case 'round':
      return whenRound(state, activity, world);
    case 'releasing':
      return whenReleasing(state, activity);
  }
}

function whenQueued(state: StudyState, world: World): StudyEvent | undefined {
  const sites = sitesOf(state);
  // Launch needs all n: every site must hold the key of epoch 0.
  if (sites.some((site) => world.busy.has(site) || !world.connected.has(site) || !state.approvals.has(site) || rests(state, site, world)))
    return undefined;
  return askKeys(state, world, state.keyEpoch + 1);
}

function whenKeys(state: StudyState, activity: Extract<StudyState['activity'], { phase: 'keys' }>, world: World): StudyEvent | undefined {
  const { n, m } = state.study.derived.thresholds;
  const confirmed = sitesOf(state).filter((site) => state.confirmed.has(site));
  const needed = state.keyEpoch === 0 ? n : m;
  const missing = sitesOf(state).filter((site) => !state.confirmed.has(site));
  if (
    confirmed.length === n ||
    (confirmed.length >= needed && missing.every((site) => isLost(site, world) || restsAllowed(state, site, world)))
  )
    return { type: 'keysReady', keyEpoch: state.keyEpoch };
  const { steward } = state;
  if (steward && !state.confirmed.has(steward) && (isLost(steward, world) || rests(state, steward, world)))
    return askKeys(state, world, state.keyEpoch + 1);
  return world.now - Date.parse(activity.since) > WAIT_LIMIT_MS ? end('failed', 'waitedTooLong', missing) : undefined;
}

function whenRound(state: StudyState, activity: Extract<StudyState['activity'], { phase: 'round' }>, world: World): StudyEvent | undefined {
  const { attempt } = activity;
  if (attempt.phase === 'announced' || attempt.phase === 'uploading') return whenCollecting(state, attempt, world);
  const step = stepOf(state, attempt);
  if (step === 'listing') return whenListing(state, attempt, world);
  return step === 'applied' ? whenApplied(state, attempt, activity.agreed) : undefined;
}

function whenCollecting(state: StudyState, attempt: Attempt, world: World): StudyEvent | undefined {
  const { round, participants, uploads } = attempt;
  const place = { round, attempt: attempt.attempt };
  const contributors = participants.filter((site) => uploads.has(site));
  const missing = participants.filter((site) => !uploads.has(site));
  if (missing.length === 0) return { type: 'listClosed', ...place, contributors };
  const over = world.now >= Date.parse(attempt.deadline);
  const enough =
    contributors.length >= state.study.derived.thresholds.m &&
    state.study.sites.mandatory.every((site) => contributors.includes(site)) &&
    // No site signs a list that does not hang together.
    attemptGraph(state, attempt).keepsTogether(contributors);
  const waitedFor = missing.filter((site) => !goesOnWithout(state, site, world, over || hasLostSeats(state, site)));
  // Sites that said no are not waited for; sites that may still come are, until the deadline.
  const allSpoken = missing.every((site) => hasSpoken(state, site, world.now));
  if (enough && waitedFor.length === 0 && (over || allSpoken)) return { type: 'listClosed', ...place, contributors };
  if (!over && !(allSpoken && !enough && waitedFor.length === 0)) return undefined;
  if (!enough) return { type: 'attemptFailed', ...place, reason: 'tooFew', sites: missing };
  // The researcher is asked about a refusal (`onMissing: ask`); whole uploads stay until the answer, within a limit.
  const asks = state.study.sites.onMissing.refused === 'ask' && waitedFor.every((site) => hasRefused(state, site, world.now));
  if (asks && world.now - Date.parse(attempt.deadline) < WAIT_LIMIT_MS) return undefined;
  return { type: 'attemptFailed', ...place, reason: 'missing', sites: waitedFor };
}

/** A list that too few have signed when its time is over ends the attempt: no site can have released a share. */
function whenListing(state: StudyState, attempt: ClosedAttempt, world: World): StudyEvent | undefined {
  if (world.now - Date.parse(attempt.closedAt) < durationMs(state.study.sites.roundDeadline)) return undefined;
  const silent = sitesOf(state).filter((site) => !attempt.listSignatures.has(site));
  return { type: 'attemptFailed', round: attempt.round, attempt: attempt.attempt, reason: 'unsigned', sites: silent };
}

function whenApplied(state: StudyState, attempt: Attempt, agreed: ReadonlyMap<SiteName, SignedStateRecord>): StudyEvent | undefined {
  const { n, t } = state.study.derived.thresholds;
  const place = { round: attempt.round, attempt: attempt.attempt };
  const bySaid = Map.groupBy(agreed, ([, signed]) => signed.stateHmac);
  const sitesSaying = (said: string): readonly SiteName[] => (bySaid.get(said) ?? []).map(([site]) => site);
  for (const said of bySaid.keys()) {
    const agreeing = sitesSaying(said);
    if (said !== 'SUM_CHECK' && agreeing.length >= t)
      return { type: 'roundDone', ...place, outOfStep: [...agreed.keys()].filter((site) => !agreeing.includes(site)) };
  }
  const most = Math.max(0, ...[...bySaid.keys()].filter((said) => said !== 'SUM_CHECK').map((said) => sitesSaying(said).length));
  const silent = n - agreed.size;
  // No t equal can come any more: the sum cannot be trusted, nothing changes, the key epoch is over.
  return most + silent < t ? { type: 'attemptFailed', ...place, reason: 'sumCheck', sites: sitesSaying('SUM_CHECK') } : undefined;
}

function whenReleasing(state: StudyState, activity: Extract<StudyState['activity'], { phase: 'releasing' }>): StudyEvent | undefined {
  const { t, n } = state.study.derived.thresholds;
  const votes = [...activity.votes.values()];
  const no = votes.filter(({ vote }) => vote === 'no').length;
  const needed = releaseThreshold(state);
  if (n - no < needed)
    return end(
      'done',
      'notReleased',
      [...activity.votes].filter(([, { vote }]) => vote === 'no').map(([site]) => site),
    );
  const { received } = activity;
  if (!received) return undefined;
  const alike = [...activity.bundles.values()].filter((sha256) => sha256 === received.sha256).length;
  return alike >= t ? end('done', 'released', [...activity.bundles.keys()]) : undefined;
}

/** How many yes votes hand the model over. */
export function releaseThreshold(state: StudyState): number {
  const { t, n } = state.study.derived.thresholds;
  return state.study.release.when === 'threshold' ? t : n;
}

/** Whether the rule is met, so that the bundle is asked for. Votes count only over one and the same bundle. */
export function releaseAgreed(activity: Extract<StudyState['activity'], { phase: 'releasing' }>, needed: number): boolean {
  const yes = [...activity.votes.values()].filter(({ vote }) => vote === 'yes');
  const byBundle = Map.groupBy(yes, ({ bundleHmac }) => bundleHmac);
  return [...byBundle.values()].some((alike) => alike.length >= needed);
}
