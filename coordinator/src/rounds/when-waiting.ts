import { durationMs, type SiteName } from '@consilium/protocol';
import { askKeys } from './ask-keys.js';
import { hasFallenOut } from './block-steps.js';
import { decideBlock, seatsReady } from './decide-block.js';
import { end } from './ending.js';
import { goesOnWithout, hasRefused, isReady, isUnproven } from './going-on.js';
import { hasRoom } from './spool-room.js';
import type { StudyEvent } from './study-event.js';
import { endsKeyEpoch, kindOfRound, lastRound, nextAttempt, onlyContributors, type StudyState } from './study-state.js';
import { isLost, WAIT_LIMIT_MS, type World } from './world.js';

/** A site that is connected, and has not advertised, shared or taken its seats for this long, is gone on without. */
const SEATS_LATE_MS = 30_000;
/** Key epochs lost to failed sums before a study is stopped (PROTOCOL.md section 4). */
const SUM_CHECK_LIMIT = 3;
/** A block that came to nothing is followed by the next after this time, doubled with each, up to a minute. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/** A site that refused its seats, or proved no reserve, is asked again with a new block no sooner than this after the last one. */
const ASKED_AGAIN_MS = 60_000;

/** Between rounds: seats for the next attempt, then its announcement, as soon as nobody else is waited for. */
export function whenWaiting(
  state: StudyState,
  { round, since }: Extract<StudyState['activity'], { phase: 'waiting' }>,
  world: World,
): StudyEvent | undefined {
  const attempt = nextAttempt(state, round);
  const waited = world.now - Date.parse(since);
  if (state.sumCheckFailures >= SUM_CHECK_LIMIT) return end('failed', 'sumCheck');
  if (attempt > state.study.sites.retries) return end('failed', 'attemptsUsed', state.failures.at(-1)?.sites ?? []);
  const last = state.failures.at(-1);
  if (last && endsKeyEpoch(last.reason) && state.keyEpoch < state.sumCheckFailures) return askKeys(state, world, state.keyEpoch + 1);
  const asked = onlyContributors(state, round) ?? state.study.sites.names;
  const ready = asked.filter((site) => isReady(state, site, round, world));
  const limit = durationMs(state.study.sites.roundDeadline);
  const late = waited >= limit;
  const { block } = state;
  const seatsLate = block !== undefined && world.now - Date.parse(block.openedAt) >= Math.min(limit, SEATS_LATE_MS);
  const fallenOut = block ? ready.filter((site) => hasFallenOut(block, site, seatsLate)) : [];
  const seated = ready.filter((site) => !fallenOut.includes(site));
  const complete = isEnough(state, { round, asked, there: ready, fallenOut: [] }, world, late);
  // Sites that lost their seats come back with the next block, which is opened once a seat of this one has served.
  const goesOn = isEnough(state, { round, asked, there: seated, fallenOut }, world, late);
  const askedLately = block !== undefined && world.now - Date.parse(block.openedAt) < ASKED_AGAIN_MS;
  const back = fallenOut.filter((site) => !askedLately || !(hasRefused(state, site, world.now) || isUnproven(state, site)));
  const again = (fallenOut.length > 0 && !goesOn) || (back.length > 0 && block !== undefined && block.nextSeat > 0);
  if (goesOn && !again && block && seatsReady(state, seated, round) && hasRoom(state, round, world.spoolRoom))
    return {
      type: 'announced',
      round,
      attempt,
      kind: kindOfRound(state, round),
      block: block.number,
      seat: block.nextSeat,
      participants: seated,
      deadline: new Date(world.now + limit).toISOString(),
    };
  const seats = decideBlock(state, {
    round,
    ready,
    complete,
    again: again && !isPause(state, world),
    pause: isPause(state, world),
    attempts: lastRound(state) - round + 1 + state.study.sites.retries,
    lost: (site) =>
      seatsLate ||
      isLost(site, world) ||
      block?.left.has(site) === true ||
      (hasRefused(state, site, world.now) && goesOnWithout(state, site, world, false)),
  });
  if (seats) return seats;
  const missing = asked.filter((site) => !ready.includes(site));
  return waited > WAIT_LIMIT_MS ? end('failed', 'waitedTooLong', missing.length > 0 ? missing : fallenOut) : undefined;
}

interface Attendance {
  readonly round: number;
  readonly asked: readonly SiteName[];
  readonly there: readonly SiteName[];
  readonly fallenOut: readonly SiteName[];
}

/** Whether an attempt may be made by the sites that are there. */
function isEnough(state: StudyState, { round, asked, there, fallenOut }: Attendance, world: World, late: boolean): boolean {
  const missing = asked.filter((site) => !there.includes(site));
  if (missing.length === 0) return true;
  const { mandatory, onMissing } = state.study.sites;
  return (
    onlyContributors(state, round) === undefined &&
    there.length >= state.study.derived.thresholds.m &&
    mandatory.every((site) => there.includes(site)) &&
    missing.every((site) =>
      fallenOut.includes(site) && !hasRefused(state, site, world.now)
        ? onMissing.late === 'continue'
        : goesOnWithout(state, site, world, late),
    )
  );
}

/** Only where one block after the other comes to nothing without an attempt. */
function isPause({ block, blocksTried }: StudyState, world: World): boolean {
  if (!block || blocksTried === 0) return false;
  return world.now - Date.parse(block.openedAt) < Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(blocksTried, 10));
}
