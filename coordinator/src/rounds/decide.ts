import { durationMs, type SiteName } from '@consilium/protocol';
import type { EndReason, Outcome, SignedStateRecord, StudyEvent } from './study-event.js';
import { decideBlock, seatsReady } from './decide-block.js';
import { refusalBy, standingRefusal } from './standing-refusal.js';
import {
  kindOfRound,
  lastRound,
  nextAttempt,
  onlyContributors,
  stepOf,
  type Attempt,
  type ClosedAttempt,
  type StudyState,
} from './study-state.js';

/** What the coordinator knows besides the study's own record, at one moment. */
export interface World {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly connected: ReadonlySet<SiteName>;
  /** Since when a site that is not connected has been silent, milliseconds since 1970. */
  readonly silentSince: (site: SiteName) => number;
  /** Sites that another study, launched earlier, occupies. */
  readonly busy: ReadonlySet<SiteName>;
}

/** A site without a sign of life for this long is lost, and no longer waited for where the study goes on without it. */
export const LOST_AFTER_MS = 15_000;
/** A site that is connected, and has not advertised or shared its seats for this long, is gone on without. */
const SEATS_LATE_MS = 30_000;
/** No wait is endless: a study that cannot go on for this long ends, and says for whom it waited. */
export const WAIT_LIMIT_MS = 7 * 86_400_000;
/** Key epochs lost to failed sums before a study is stopped (PROTOCOL.md section 4). */
export const SUM_CHECK_LIMIT = 3;

const sitesOf = (state: StudyState): readonly SiteName[] => state.study.sites.names;

const end = (outcome: Outcome, reason: EndReason, sites: readonly SiteName[] = []): StudyEvent => ({
  type: 'ended',
  outcome,
  by: 'coordinator',
  reason,
  sites,
});

const isLost = (site: SiteName, world: World): boolean =>
  !world.connected.has(site) && world.now - world.silentSince(site) >= LOST_AFTER_MS;

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

/** The steward is the first connected site that takes part, in the study's order; each further epoch takes the next one. */
function askKeys(state: StudyState, world: World, keyEpoch: number): StudyEvent | undefined {
  const sites = sitesOf(state);
  const order = sites.map((_, index) => sites[(index + keyEpoch) % sites.length]).filter((site) => site !== undefined);
  const steward = order.find((site) => world.connected.has(site) && !rests(state, site, world));
  return steward && { type: 'keysAsked', keyEpoch, steward };
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

/** Withdrew, paused, or approved until a day that has passed. */
const rests = (state: StudyState, site: SiteName, world: World): boolean => standingRefusal(state, site, world.now) !== undefined;

/** A site that rests, and without which the study goes on by its rules or by the researcher's word. */
const restsAllowed = (state: StudyState, site: SiteName, world: World): boolean =>
  rests(state, site, world) && goesOnWithout(state, site, world, false);

/** Connected, holding the current keys, in step with the agreed state, approved and not refusing. */
function isReady(state: StudyState, site: SiteName, round: number, world: World): boolean {
  return (
    world.connected.has(site) &&
    state.confirmed.has(site) &&
    state.approvals.has(site) &&
    !state.outOfStep.has(site) &&
    !state.excused.has(site) &&
    !rests(state, site, world) &&
    (state.applied.get(site) ?? -1) >= round - 1
  );
}

function whenWaiting(
  state: StudyState,
  activity: Extract<StudyState['activity'], { phase: 'waiting' }>,
  world: World,
): StudyEvent | undefined {
  const { round, since } = activity;
  const attempt = nextAttempt(state, round);
  const waited = world.now - Date.parse(since);
  if (state.sumCheckFailures >= SUM_CHECK_LIMIT) return end('failed', 'sumCheck');
  if (attempt > state.study.sites.retries) return end('failed', 'attemptsUsed', state.failures.at(-1)?.sites ?? []);
  if (state.failures.at(-1)?.reason === 'sumCheck' && state.keyEpoch < state.sumCheckFailures)
    return askKeys(state, world, state.keyEpoch + 1);
  const asked = onlyContributors(state, round) ?? sitesOf(state);
  const ready = asked.filter((site) => isReady(state, site, round, world));
  const missing = asked.filter((site) => !ready.includes(site));
  const { mandatory, roundDeadline } = state.study.sites;
  const limit = durationMs(roundDeadline);
  const enough =
    missing.length === 0 ||
    (onlyContributors(state, round) === undefined &&
      ready.length >= state.study.derived.thresholds.m &&
      mandatory.every((site) => ready.includes(site)) &&
      missing.every((site) => goesOnWithout(state, site, world, waited >= limit)));
  const { block } = state;
  if (enough && block && seatsReady(state, ready))
    return {
      type: 'announced',
      round,
      attempt,
      kind: kindOfRound(state, round),
      block: block.number,
      seat: block.nextSeat,
      participants: ready,
      deadline: new Date(world.now + limit).toISOString(),
    };
  const late = block !== undefined && world.now - Date.parse(block.openedAt) >= Math.min(limit, SEATS_LATE_MS);
  const seats = decideBlock(state, {
    ready,
    complete: enough,
    attempts: lastRound(state) - round + 1 + state.study.sites.retries,
    lost: (site) => late || isLost(site, world),
  });
  if (seats) return seats;
  return waited > WAIT_LIMIT_MS ? end('failed', 'waitedTooLong', missing) : undefined;
}

/** Whether the study's rules let a round go on without a site that is not there, or has not delivered. */
function goesOnWithout(state: StudyState, site: SiteName, world: World, late: boolean): boolean {
  const { onMissing } = state.study.sites;
  if (state.excused.has(site) || state.outOfStep.has(site)) return true;
  if (!state.approvals.has(site) || refusalBy(state, site, world.now)) return onMissing.refused === 'continue';
  if (isLost(site, world)) return onMissing.lost === 'continue';
  return late && onMissing.late === 'continue';
}

function whenRound(state: StudyState, activity: Extract<StudyState['activity'], { phase: 'round' }>, world: World): StudyEvent | undefined {
  const { attempt } = activity;
  if (attempt.phase === 'announced' || attempt.phase === 'uploading') return whenCollecting(state, attempt, world);
  const step = stepOf(attempt, state.study.derived.thresholds.t);
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
    contributors.length >= state.study.derived.thresholds.m && state.study.sites.mandatory.every((site) => contributors.includes(site));
  const waitedFor = missing.filter((site) => !goesOnWithout(state, site, world, over));
  // Sites that said no are not waited for; sites that may still come are, until the deadline.
  const allSpoken = missing.every((site) => refusalBy(state, site, world.now) !== undefined || state.excused.has(site));
  if (enough && waitedFor.length === 0 && (over || allSpoken)) return { type: 'listClosed', ...place, contributors };
  if (!over && !(allSpoken && !enough && waitedFor.length === 0)) return undefined;
  if (!enough) return { type: 'attemptFailed', ...place, reason: 'tooFew', sites: missing };
  // The researcher is asked about a refusal (`onMissing: ask`); whole uploads stay until the answer, within a limit.
  const asks = state.study.sites.onMissing.refused === 'ask' && waitedFor.every((site) => refusalBy(state, site, world.now) !== undefined);
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
