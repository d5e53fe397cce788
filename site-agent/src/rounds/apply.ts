import { rmSync } from 'node:fs';
import { durationMs, type SiteName } from '@consilium/protocol';
import { ObjectKind, Step, type Apply } from '@consilium/protocol/wire';
import { findAgreement, saveAgreement, SUM_CHECK, type Agreement } from './agreements.js';
import type { AppliedState } from './applied-states.js';
import { ask } from './ask-coordinator.js';
import { attemptCheckKey, requireKeys } from './attempt-keys.js';
import { carriesMetrics, roundName, type RoundName } from './contribution-checks.js';
import { checkContributors } from './contributor-list.js';
import { downloadFile } from './download-file.js';
import type { EpochKeys } from './key-epochs.js';
import { currentState, keepState, readState } from './own-state.js';
import { publishedTotals } from './published-totals.js';
import { deleteRoundFiles, foldFile } from './round-files.js';
import { keepOpenedSum } from './shadow.js';
import { keepTotals, metricsStatement, sendTotals } from './signed-metrics.js';
import { signedState, stateHmac } from './signed-state.js';
import { siteRefused } from './site-refused.js';
import { writeResults } from './site-results.js';
import type { StudyAtSite } from './study-at-site.js';
import { studyMembers, verifierOf } from './study-members.js';
import { findUpload } from './uploads.js';

/** Opening a sum takes seconds at most for a small model; a large one has the round's own time. */
const LEAST_OPENING_MS = 60_000;

/**
 * Takes the step of a round from its sum (PROTOCOL.md section 4, steps 5, 8 and 9): check the list and the digest,
 * open, check, apply, keep, and only then say which state came out. Asked again about a round that is applied here, it
 * gives the same answer again.
 */
export async function apply(at: StudyAtSite, task: Apply, signal: AbortSignal): Promise<void> {
  const answered = findAgreement(at.state, at.hash, task.round, task.attempt);
  const agreement = answered ?? (await open(at, task, signal));
  if (!agreement || signal.aborted) return;
  // The agreed state may end this assignment at once: what else is owed goes first.
  await sendTotals(at, task.round, signal);
  if (signal.aborted) return;
  await ask(at.connection.round.agree, { study: at.hash, state: signedState(at, agreement) }, signal);
}

async function open(at: StudyAtSite, task: Apply, signal: AbortSignal): Promise<Agreement | undefined> {
  const { round, attempt, keyEpoch } = task;
  const name = roundName(at.study, round, task.kind);
  const before = currentState(at);
  if (before.round !== round - 1)
    throw siteRefused('OUT_OF_STEP', {}, new Error(`this site holds round ${before.round}; the sum of round ${round} does not follow`));
  const keys = requireKeys(at, keyEpoch);
  const contributors = await checkedList(at, task, name, signal);
  at.report(Step.STEP_OPENING, round, attempt);
  const path = foldFile(at.folder, round, attempt);
  await fetchFold(at, task, path, signal);
  if (signal.aborted) return undefined;
  const agreement = { round, attempt, keyEpoch };
  try {
    const result = await at.workbench.run(
      {
        kind: 'apply',
        path,
        study: at.study,
        round: name,
        bfvKey: keys.bfvKey,
        checkKey: attemptCheckKey(at, keys, { ...task, name }, before.digest),
        keyEpoch,
        contributors: contributors.length,
        state: readState(at, before),
      },
      { signal, timeoutMs: Math.max(LEAST_OPENING_MS, durationMs(at.study.sites.roundDeadline)) },
    );
    keepOpenedSum(at, round, attempt, contributors, result.lanes);
    return keepStep(at, task, name, keys, before, contributors, result);
  } catch (error) {
    if (!isSumCheck(error)) throw error;
    // Everything about a failed sum is one word, the same whatever failed, and the state stays as it is.
    const failed = { ...agreement, stateHmac: SUM_CHECK };
    saveAgreement(at.state, at.hash, failed);
    rmSync(path, { force: true });
    return failed;
  }
}

/** Bytes that cannot be a fold say no more of a key than a failed check, and get the same answer. */
function isSumCheck(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === 'SUM_CHECK' || code === 'CIPHERTEXT_REFUSED';
}

async function checkedList(at: StudyAtSite, task: Apply, name: RoundName, signal: AbortSignal): Promise<readonly SiteName[]> {
  const { round, attempt, keyEpoch, participants, contributors } = task;
  const members = await studyMembers(at.state, at.connection.roster, at.hash, at.study, signal);
  const rules = {
    consortium: at.consortium,
    study: at.hash,
    keyEpoch,
    round,
    attempt,
    participants,
    minSites: at.study.derived.thresholds.m,
    mandatory: at.study.sites.mandatory,
    uploadBytes: at.study.derived.sums[name].uploadBytes,
    self: at.name,
    ownUpload: findUpload(at.state, at.hash, round, attempt)?.sha256,
  };
  return checkContributors(contributors, rules, verifierOf(members));
}

async function fetchFold(at: StudyAtSite, task: Apply, path: string, signal: AbortSignal): Promise<void> {
  const { round, attempt, foldBytes, foldSha256 } = task;
  const expected = { bytes: Number(foldBytes), sha256: Buffer.from(foldSha256).toString('hex') };
  const request = { study: at.hash, kind: ObjectKind.OBJECT_KIND_FOLD, round, attempt };
  await downloadFile(at.connection.transfer.download, request, path, expected, signal);
}

interface Opened {
  readonly state: Uint8Array;
  readonly counts: Readonly<Record<string, bigint>>;
}

/** State, answer and totals are kept together; what the round no longer needs is deleted after that. */
function keepStep(
  at: StudyAtSite,
  task: Apply,
  name: RoundName,
  keys: EpochKeys,
  before: AppliedState,
  contributors: readonly SiteName[],
  opened: Opened,
): Agreement {
  const { round, attempt, keyEpoch } = task;
  const agreement = at.state.transaction(() => {
    const applied = keepState(at, round, attempt, opened.state);
    const answer = { round, attempt, keyEpoch, stateHmac: stateHmac(keys, applied) };
    saveAgreement(at.state, at.hash, answer);
    if (carriesMetrics(at.study, round, name))
      keepTotals(at, metricsStatement(at, round, stateHmac(keys, before), contributors, publishedTotals(opened.counts)));
    return answer;
  });
  writeResults(at.state, at.hash, at.folder);
  deleteRoundFiles(at.folder, round);
  return agreement;
}
