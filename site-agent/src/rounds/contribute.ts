import { rmSync, statSync } from 'node:fs';
import { checkKey } from '@consilium/identity';
import { durationMs, type ResolvedStudy } from '@consilium/protocol';
import type { ShareGraph } from '@consilium/sealed-sum';
import { Step, type Contribute } from '@consilium/protocol/wire';
import { latestState, stateOfRound, dropStatesAfter, type AppliedState } from './applied-states.js';
import { sitesThatAgree } from './agreed-state.js';
import { findAgreement } from './agreements.js';
import { requireNotAborted } from './aborts.js';
import { requireWithinLimit } from '../approval/epsilon-limit.js';
import { requireNewestKeys, transcriptOf } from './attempt-keys.js';
import { bindSeat, type AttemptPlace } from './attempts.js';
import { carriesMetrics, checkAnnouncement, isEvaluated, roundName, type RoundName } from './contribution-checks.js';
import type { EpochKeys } from './key-epochs.js';
import type { ReservedRound } from '../ledger/paid-round.js';
import { localValues } from './local-values.js';
import { ownMasks } from './own-masks.js';
import { keepOwnModel } from './own-model.js';
import { currentState, givenWeights, readState } from './own-state.js';
import { deleteRoundFiles, lanesFile, readLanes, saveLanes, saveLocal, uploadFileOf } from './round-files.js';
import { heldSeats, type HeldSeat } from './seat-material.js';
import { requireReserved } from './seats/reserves.js';
import { sendContribution } from './send-contribution.js';
import { keepPackedLanes } from './shadow.js';
import { stateHmac } from './signed-state.js';
import { cohortFingerprint, fixFingerprint } from './site-cohort.js';
import { siteRefused } from './site-refused.js';
import { timed } from './round-step.js';
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
  const begun = findUpload(at.state, at.hash, round, attempt);
  if (begun?.outcome === 'late') return;
  // A coordinator that was restored from a backup may name another seat for an attempt that was made.
  if (begun) bindSeat(at.state, at.hash, task);
  else checkTask(at, task);
  requireNotAborted(at.state, at.hash, round);
  requireWithinLimit(at);
  const reserved = await timed(at.took, 'reserve', () => at.budgets.reserve(at, round));
  if (signal.aborted) return;
  const sealed = begun ?? (await prepare(at, task, reserved, signal));
  if (signal.aborted) return;
  // What was withdrawn or paused while this site trained does not leave it.
  at.permitted();
  const spent = await at.budgets.spend(at, reserved, sealed);
  await timed(at.took, 'upload', () => sendContribution(at, { ...sealed, begun: begun !== undefined }, spent, name, signal));
}

/** What speaks against the task itself is said before a price is reserved for it. */
function checkTask(at: StudyAtSite, task: Contribute): void {
  checkAnnouncement(at.study, at.name, task);
  // Integers that are made are sealed again for a later attempt in seconds, and paid for.
  if (!exists(lanesFile(at.folder, task.round))) at.requireOpen();
  requireRemembered(at.state, at.hash, task);
  requireNewestKeys(at, task.keyEpoch);
  requireReserved(at, task);
}

async function prepare(at: StudyAtSite, task: Contribute, reserved: ReservedRound, signal: AbortSignal): Promise<SealedUpload> {
  const name = roundName(at.study, task.round, task.kind);
  const keys = requireNewestKeys(at, task.keyEpoch);
  const { round, attempt, keyEpoch, block, seat } = task;
  const place = { round, attempt, keyEpoch, block, seat };
  const { participants: seats, graph } = heldSeats(at, place, task.participants);
  const before = agreedState(at, task, keys);
  // t sites hold it: the round that led to it is not repeated.
  deleteRoundFiles(at.folder, before.round);
  const lanes = await packedLanes(at, { ...place, name }, reserved, before, signal);
  return seal(at, { ...place, name }, { keys, seats, graph, before, lanes }, signal);
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
  requireLaterKeys(at, task);
  // On disk with the seat and the upload, before anything leaves.
  at.state.note(() => {
    hear(at.state, at.hash, agreeing, { ...before, step: STEPS.state });
    dropStatesAfter(at.state, at.hash, round);
  });
  return before;
}

/**
 * A step is taken back only under later keys than those it was taken with. A sum that did not check ends its key epoch,
 * and t sites then sign the state before it afresh; signatures of the same epoch are those of the round before, sent again.
 * @throws SiteRefused OUT_OF_STEP
 */
function requireLaterKeys(at: StudyAtSite, { round, keyEpoch }: Contribute): void {
  const latest = latestState(at.state, at.hash);
  if (!latest || latest.round < round) return;
  const reached = findAgreement(at.state, at.hash, latest.round, latest.attempt);
  if (reached && reached.keyEpoch < keyEpoch) return;
  throw siteRefused('OUT_OF_STEP', {}, new Error(`this site went on to round ${latest.round} under the keys of this epoch`));
}

type Announced = AttemptPlace & { readonly name: RoundName };

interface ToSeal {
  readonly keys: EpochKeys;
  readonly seats: readonly HeldSeat[];
  readonly graph: ShareGraph;
  readonly before: AppliedState;
  readonly lanes: RoundLanes;
}

interface RoundLanes {
  readonly lanes: Int32Array;
  /** Whether they are on disk already, from an earlier attempt of the round. */
  readonly kept: boolean;
}

/** The integers of this round: made once, kept until the round is done (by `seal`, before anything made of them leaves). */
async function packedLanes(
  at: StudyAtSite,
  { round, attempt, name }: Announced,
  reserved: ReservedRound,
  before: AppliedState,
  signal: AbortSignal,
): Promise<RoundLanes> {
  if (reserved.round !== round) throw new TypeError('the reservation of another round');
  if (exists(lanesFile(at.folder, round))) return { lanes: readLanes(at.folder, round), kept: true };
  // One price, one draw: whoever asks for a round whose integers are gone would get a second release for nothing.
  if (reserved.paid?.spent === true) throw siteRefused('RELEASED', {}, new Error(`round ${round} is spent, and its integers are deleted`));
  at.report(Step.STEP_TRAINING, round, attempt);
  const local = localValues(at, before.round);
  const begun = performance.now();
  const {
    fingerprint,
    lanes,
    counts,
    local: learned,
    own,
    noiseMs,
  } = await at.workbench.run(
    {
      kind: 'contribution',
      hash: at.hash,
      study: at.study,
      cohort: { ...at.cohort, fingerprint: cohortFingerprint(at.state, at.hash) },
      state: readState(at, before),
      local,
      given: givenWeights(at),
      stateDigest: before.digest,
      round: name,
      evaluate: isEvaluated(at.study, round, name),
      metrics: carriesMetrics(at.study, round, name),
      publicSize: at.study.sites.publicSizes?.[at.name],
    },
    { signal, timeoutMs: Math.max(LEAST_TRAINING_MS, durationMs(at.study.sites.roundDeadline)) },
  );
  const tookMs = performance.now() - begun;
  if (noiseMs !== undefined) at.took?.('noise', noiseMs / 1_000);
  at.took?.('train', (tookMs - (noiseMs ?? 0)) / 1_000);
  if (name === 'train') at.trained?.(stepsOfRound(at.study));
  at.state.transaction(() => {
    fixFingerprint(at.state, at.hash, fingerprint);
    if (counts) saveResult(at.state, at.hash, before.round, counts);
  });
  // Before the integers count as made: whoever finds those finds these.
  if (learned) saveLocal(at.folder, round, learned);
  if (own) keepOwnModel(at, before.round, own);
  return { lanes, kept: false };
}

/** Step 3 itself: the seat is bound to this attempt before its keys and its b make the masks under T. */
async function seal(
  at: StudyAtSite,
  announced: Announced,
  { keys, seats, graph, before, lanes: { lanes, kept } }: ToSeal,
  signal: AbortSignal,
): Promise<SealedUpload> {
  const { round, attempt, keyEpoch, name } = announced;
  bindSeat(at.state, at.hash, announced);
  const transcript = transcriptOf(at, keys, announced, name, seats, before.digest);
  at.report(Step.STEP_SEALING, round, attempt);
  keepPackedLanes(at, round, attempt, lanes);
  const path = uploadFileOf(at.folder, round, attempt);
  rmSync(path, { force: true });
  const begun = performance.now();
  const sealing = at.workbench.run(
    {
      kind: 'seal',
      lanes,
      parameters: at.study.derived.sums[name],
      bfvKey: keys.bfvKey,
      checkKey: checkKey(keys.studyKey, transcript),
      masks: ownMasks(at, announced, neighboursOf(at, graph, seats), transcript),
      keyEpoch,
      path,
    },
    { signal, timeoutMs: Math.max(LEAST_TRAINING_MS, durationMs(at.study.sites.roundDeadline)) },
  );
  // Where the integers cannot be kept, nobody waits for what is made of them.
  sealing.catch(() => undefined);
  // One wait for the disk beside the other: both are over before the upload counts as made.
  if (!kept) saveLanes(at.folder, round, lanes);
  const written = await sealing;
  at.took?.('encrypt', (performance.now() - begun) / 1_000);
  const upload: SealedUpload = { round, attempt, keyEpoch, ...written, outcome: 'sealed' };
  saveUpload(at.state, at.hash, upload);
  return upload;
}

/** Steps of the optimiser in one round: a private one is one step over all sites. */
function stepsOfRound({ algorithm }: ResolvedStudy): number {
  return algorithm.name === 'dp-sgd' ? 1 : algorithm.localSteps;
}

/** With whom this site masks: those who hold shares of its secrets, where they take part. */
function neighboursOf(at: StudyAtSite, graph: ShareGraph, seats: readonly HeldSeat[]): readonly HeldSeat[] {
  const holders = graph.holdersOf(at.name);
  return seats.filter(({ site }) => site !== at.name && holders.includes(site));
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
