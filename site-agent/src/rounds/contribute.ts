import { rmSync, statSync } from 'node:fs';
import { checkKey } from '@consilium/identity';
import { durationMs } from '@consilium/protocol';
import { Step, type Contribute } from '@consilium/protocol/wire';
import { latestState, stateOfRound, dropStatesAfter, type AppliedState } from './applied-states.js';
import { sitesThatAgree } from './agreed-state.js';
import { requireKeys, transcriptOf } from './attempt-keys.js';
import { bindSeat, type AttemptPlace } from './attempts.js';
import { carriesMetrics, checkAnnouncement, isEvaluated, roundName, type RoundName } from './contribution-checks.js';
import type { EpochKeys } from './key-epochs.js';
import type { ReservedRound } from '../ledger/paid-round.js';
import { ownMasks } from './own-masks.js';
import { currentState, readState } from './own-state.js';
import { lanesFile, readLanes, saveLanes, uploadFileOf } from './round-files.js';
import { heldSeats, type HeldSeat } from './seat-material.js';
import { sendContribution } from './send-contribution.js';
import { keepPackedLanes } from './shadow.js';
import { stateHmac } from './signed-state.js';
import { cohortFingerprint, fixFingerprint } from './site-cohort.js';
import { siteRefused } from './site-refused.js';
import { saveResult } from './site-results.js';
import type { StudyAtSite } from './study-at-site.js';
import { studyMembers, verifierOf } from './study-members.js';
import { findUpload, saveUpload, type SealedUpload } from './uploads.js';
import { hear, STEPS } from './witnesses/heard.js';
import { requireRemembered } from './witnesses/restored.js';

/** No round is given less time than this, whatever its deadline: a first round also loads the engine. */
const LEAST_TRAINING_MS = 60_000;

/**
 * This site's part in an attempt (PROTOCOL.md section 4, steps 2 and 3): check what is asked, reserve the round's price,
 * train, seal, spend, upload. Each stage is kept before the next begins, and found again after a restart: one price and
 * one contribution a round, one upload an attempt, the same bytes however often it is resumed.
 */
export async function contribute(at: StudyAtSite, task: Contribute, signal: AbortSignal): Promise<void> {
  const { round, attempt } = task;
  const name = roundName(at.study, round, task.kind);
  const kept = findUpload(at.state, at.hash, round, attempt);
  if (kept?.outcome === 'late') return;
  if (!kept) checkTask(at, task);
  const reserved = await at.budgets.reserve(at, round, name);
  if (signal.aborted) return;
  const sealed = kept ?? (await prepare(at, task, reserved, signal));
  if (signal.aborted) return;
  await sendContribution(at, sealed, await at.budgets.spend(at, reserved, sealed), name, signal);
}

/** What speaks against the task itself is said before a price is reserved for it. */
function checkTask(at: StudyAtSite, task: Contribute): void {
  checkAnnouncement(at.study, at.name, task);
  requireRemembered(at.state, at.hash, task);
  requireKeys(at, task.keyEpoch);
}

async function prepare(at: StudyAtSite, task: Contribute, reserved: ReservedRound, signal: AbortSignal): Promise<SealedUpload> {
  const name = roundName(at.study, task.round, task.kind);
  const keys = requireKeys(at, task.keyEpoch);
  const { round, attempt, keyEpoch, block, seat } = task;
  const place = { round, attempt, keyEpoch, block, seat };
  const seats = heldSeats(at, place, task.participants);
  const before = agreedState(at, task, keys);
  const lanes = await packedLanes(at, { ...place, name }, reserved, before, signal);
  return seal(at, { ...place, name }, { keys, seats, before, lanes }, signal);
}

/**
 * This site's state of the round before, if t sites signed that they hold the same. A site that went further takes its
 * step back: t sites say that the round was never done.
 * @throws SiteRefused OUT_OF_STEP
 */
function agreedState(at: StudyAtSite, task: Contribute, keys: EpochKeys): AppliedState {
  const round = task.round - 1;
  if (round === 0) currentState(at);
  const before = stateOfRound(at.state, at.hash, round);
  if (!before)
    throw siteRefused(
      'OUT_OF_STEP',
      {},
      new Error(`this site holds round ${latestState(at.state, at.hash)?.round ?? 'none'}, not ${round}`),
    );
  const members = studyMembers(at.state, at.hash, at.study);
  const wanted = {
    consortium: at.consortium,
    study: at.hash,
    keyEpoch: task.keyEpoch,
    round,
    stateHmac: Buffer.from(stateHmac(keys, before), 'hex'),
  };
  const agreeing = sitesThatAgree(task.state, wanted, verifierOf(members));
  const { t } = at.study.derived.thresholds;
  if (agreeing.size < t)
    throw siteRefused('OUT_OF_STEP', {}, new Error(`${agreeing.size} of the ${t} sites needed hold this site's state of round ${round}`));
  hear(at.state, at.hash, agreeing, { ...before, step: STEPS.state });
  dropStatesAfter(at.state, at.hash, round);
  return before;
}

type Announced = AttemptPlace & { readonly name: RoundName };

interface ToSeal {
  readonly keys: EpochKeys;
  readonly seats: readonly HeldSeat[];
  readonly before: AppliedState;
  readonly lanes: Int32Array;
}

/** The integers of this round: made once, kept until the round is done. */
async function packedLanes(
  at: StudyAtSite,
  { round, attempt, name }: Announced,
  reserved: ReservedRound,
  before: AppliedState,
  signal: AbortSignal,
): Promise<Int32Array> {
  if (reserved.round !== round) throw new TypeError('the reservation of another round');
  if (exists(lanesFile(at.folder, round))) return readLanes(at.folder, round);
  // One price, one draw: whoever asks for a round whose integers are gone would get a second release for nothing.
  if (reserved.paid?.spent === true) throw siteRefused('RELEASED', {}, new Error(`round ${round} is spent, and its integers are deleted`));
  at.report(Step.STEP_TRAINING, round, attempt);
  const { fingerprint, lanes, counts } = await at.workbench.run(
    {
      kind: 'contribution',
      hash: at.hash,
      study: at.study,
      cohort: { ...at.cohort, fingerprint: cohortFingerprint(at.state, at.hash) },
      state: readState(at, before),
      stateDigest: before.digest,
      round: name,
      evaluate: isEvaluated(at.study, round, name),
      metrics: carriesMetrics(at.study, round, name),
      publicSize: at.study.sites.publicSizes?.[at.name],
    },
    { signal, timeoutMs: Math.max(LEAST_TRAINING_MS, durationMs(at.study.sites.roundDeadline)) },
  );
  at.state.transaction(() => {
    fixFingerprint(at.state, at.hash, fingerprint);
    if (counts) saveResult(at.state, at.hash, before.round, counts);
  });
  saveLanes(at.folder, round, lanes);
  return lanes;
}

/** Step 3 itself: the seat is bound to this attempt before its keys and its b make the masks under T. */
async function seal(
  at: StudyAtSite,
  announced: Announced,
  { keys, seats, before, lanes }: ToSeal,
  signal: AbortSignal,
): Promise<SealedUpload> {
  const { round, attempt, keyEpoch, name } = announced;
  bindSeat(at.state, at.hash, announced);
  const transcript = transcriptOf(at, keys, announced, name, seats, before.digest);
  at.report(Step.STEP_SEALING, round, attempt);
  keepPackedLanes(at, round, attempt, lanes);
  const path = uploadFileOf(at.folder, round, attempt);
  rmSync(path, { force: true });
  const written = await at.workbench.run(
    {
      kind: 'seal',
      lanes,
      parameters: at.study.derived.sums[name],
      bfvKey: keys.bfvKey,
      checkKey: checkKey(keys.studyKey, transcript),
      masks: ownMasks(at, announced, seats, transcript),
      keyEpoch,
      path,
    },
    { signal, timeoutMs: Math.max(LEAST_TRAINING_MS, durationMs(at.study.sites.roundDeadline)) },
  );
  const upload: SealedUpload = { round, attempt, keyEpoch, ...written, outcome: 'sealed' };
  saveUpload(at.state, at.hash, upload);
  return upload;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
