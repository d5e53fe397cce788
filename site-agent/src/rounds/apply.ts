import { rmSync } from 'node:fs';
import { ConsiliumError, durationMs, SiteName } from '@consilium/protocol';
import { ObjectKind, Step, type Apply } from '@consilium/protocol/wire';
import { checkKey } from '@consilium/identity';
import { findAgreement, saveAgreement, SUM_CHECK, type Agreement } from './agreements.js';
import { ask } from './ask-coordinator.js';
import { fixFold, fixList } from './attempts.js';
import { checkList, signersOf, standsBy, type ClosedList } from './closed-list.js';
import { carriesMetrics, isEvaluated } from './contribution-checks.js';
import { downloadFile } from './download-file.js';
import { keepLocalValues } from './local-values.js';
import { currentState, keepState, readState } from './own-state.js';
import { deleteRoundFiles, foldFile } from './round-files.js';
import { roundTotals } from './round-totals.js';
import { seatsOfSum } from './seat-material.js';
import { deleteSeatOfAttempt, deleteSeatsOfRound } from './seats/delete-seats.js';
import { selfMasks } from './self-masks.js';
import { keepOpenedSum } from './shadow.js';
import { foldRefused, foldStatement } from './sign-fold.js';
import { keepTotals, metricsStatement, sendTotals } from './signed-metrics.js';
import { signedState, stateHmac } from './signed-state.js';
import { siteRefused } from './site-refused.js';
import { writeResults } from './site-results.js';
import type { StudyAtSite } from './study-at-site.js';
import { hear, STEPS } from './witnesses/heard.js';

/** Opening a sum takes seconds at most for a small model; a large one has the round's own time. */
const LEAST_OPENING_MS = 60_000;

type Listed = Apply & { readonly list: NonNullable<Apply['list']> };

/**
 * Takes the step of a round from its sum (PROTOCOL.md section 4, steps 8 and 9): check the list and the digest, open,
 * check, apply, keep, and only then say which state came out. Asked again about a round that is applied here, it gives
 * the same answer again. What the round's masks were made of is deleted once the answer is given.
 */
export async function apply(at: StudyAtSite, task: Apply, signal: AbortSignal): Promise<void> {
  const { list } = task;
  if (!list) throw foldRefused('A sum was announced without the list of its contributors.');
  const answered = findAgreement(at.state, at.hash, list.round, list.attempt);
  const opened = answered ? { agreement: answered, faulty: [] } : await open(at, { ...task, list }, signal);
  if (!opened || signal.aborted) return;
  const { agreement, faulty } = opened;
  // The agreed state may end this assignment at once: what else is owed goes first.
  await sendTotals(at, list.round, signal);
  if (signal.aborted) return;
  // The next assignment often overtakes the answer: it is then given, and what it was made of is not needed any more.
  await ask(at.connection.round.agree, { study: at.hash, state: signedState(at, agreement), faulty: [...faulty] }, signal).catch(
    (error: unknown) => {
      if (!signal.aborted) throw error;
    },
  );
  if (agreement.stateHmac === SUM_CHECK) deleteSeatOfAttempt(at.state, at.hash, list);
  else deleteSeatsOfRound(at.state, at.hash, list);
}

interface Answer {
  readonly agreement: Agreement;
  /** Whose shares were not what they should be, by name: for the record. */
  readonly faulty: readonly SiteName[];
}

async function open(at: StudyAtSite, task: Listed, signal: AbortSignal): Promise<Answer | undefined> {
  const { round, attempt, keyEpoch } = task.list;
  const held = currentState(at);
  if (held.round !== round - 1)
    throw siteRefused('OUT_OF_STEP', {}, new Error(`this site holds round ${held.round}; the sum of round ${round} does not follow`));
  const list = checkSum(at, task);
  const masks = await selfMasks(at, list, task.unmask).catch((error: unknown) => dealerOf(error));
  // Nobody can open this sum: every site finds the same dealer, by shares that it signed.
  if (typeof masks === 'string') return { agreement: failed(at, list), faulty: [masks] };
  at.report(Step.STEP_OPENING, round, attempt);
  const path = foldFile(at.folder, round, attempt);
  await fetchFold(at, task, path, signal);
  if (signal.aborted) return undefined;
  try {
    const begun = performance.now();
    const opened = await at.workbench.run(
      {
        kind: 'apply',
        path,
        study: at.study,
        round: list.name,
        bfvKey: list.keys.bfvKey,
        checkKey: checkKey(list.keys.studyKey, list.transcript),
        selfMasks: masks.keys,
        keyEpoch,
        contributors: list.contributors.length,
        publicSize: list.contributors.reduce((sum, { site }) => sum + (at.study.sites.publicSizes?.[site] ?? 0), 0),
        state: readState(at, list.before),
      },
      { signal, timeoutMs: Math.max(LEAST_OPENING_MS, durationMs(at.study.sites.roundDeadline)) },
    );
    const contributors = list.contributors.map(({ site }) => site);
    at.took?.('decrypt', opened.openMs / 1_000);
    at.took?.('apply', (performance.now() - begun - opened.openMs) / 1_000);
    keepOpenedSum(at, round, attempt, contributors, opened.lanes);
    return { agreement: keepStep(at, list, opened), faulty: masks.faulty };
  } catch (error) {
    if (!isSumCheck(error)) throw error;
    rmSync(path, { force: true });
    return { agreement: failed(at, list), faulty: masks.faulty };
  }
}

/** Everything about a failed sum is one word, the same whatever failed, and the state stays as it is. */
function failed(at: StudyAtSite, { place: { round, attempt, keyEpoch } }: ClosedList): Agreement {
  const agreement = { round, attempt, keyEpoch, stateHmac: SUM_CHECK };
  saveAgreement(at.state, at.hash, agreement);
  return agreement;
}

/** Who dealt shares of another secret than it committed to; any other error goes on. */
function dealerOf(error: unknown): SiteName {
  if (error instanceof ConsiliumError && error.code === 'DEALT_INVALID') return SiteName.parse(error.problems[0]?.path);
  throw error;
}

/** Bytes that cannot be a fold say no more of a key than a failed check, and get the same answer. */
function isSumCheck(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === 'SUM_CHECK' || code === 'CIPHERTEXT_REFUSED';
}

/** A sum is opened only if t sites signed its digest, and only this one of the attempt (step 7). */
function checkSum(at: StudyAtSite, task: Listed): ClosedList {
  const list = checkList(at, task.list, (place) => seatsOfSum(at, place, task.list.participants, task));
  const signers = signersOf(at, task.foldSignatures, (site, signature) =>
    list.verify('fold', site, foldStatement(at, list, task, site), signature),
  );
  const { t } = at.study.derived.thresholds;
  if (signers.length < t) throw foldRefused(`${signers.length} of the ${t} sites needed have signed the digest of this sum.`);
  at.state.transaction(() => {
    fixList(at.state, at.hash, list.place, standsBy(list));
    fixFold(at.state, at.hash, list.place, task.foldSha256.toString('hex'));
  });
  // On disk with the state, before the site says which one it holds.
  at.state.note(() => hear(at.state, at.hash, signers, { ...task.list, step: STEPS.fold }));
  return list;
}

async function fetchFold(at: StudyAtSite, { list, foldBytes, foldSha256 }: Listed, path: string, signal: AbortSignal): Promise<void> {
  const expected = { bytes: Number(foldBytes), sha256: foldSha256.toString('hex') };
  const request = { study: at.hash, kind: ObjectKind.OBJECT_KIND_FOLD, round: list.round, attempt: list.attempt };
  await downloadFile(at.connection.transfer.download, request, path, expected, signal);
}

interface Opened {
  readonly state: Uint8Array;
  readonly counts: Readonly<Record<string, bigint>>;
}

/** State, answer and totals are kept together; what the round no longer needs is deleted after that. */
function keepStep(at: StudyAtSite, { place, name, keys, before, contributors }: ClosedList, opened: Opened): Agreement {
  const { round, attempt, keyEpoch } = place;
  const sites = contributors.map(({ site }) => site);
  keepLocalValues(at, round, name === 'train' && sites.includes(at.name));
  const agreement = at.state.transaction(() => {
    const applied = keepState(at, round, attempt, opened.state);
    const answer = { round, attempt, keyEpoch, stateHmac: stateHmac(keys, applied) };
    saveAgreement(at.state, at.hash, answer);
    if (carriesMetrics(at.study, round, name))
      keepTotals(at, metricsStatement(at, round, stateHmac(keys, before), sites, roundTotals(at.study, opened.counts)));
    return answer;
  });
  if (isEvaluated(at.study, round, name)) writeResults(at.state, at.hash, at.study, at.folder);
  deleteRoundFiles(at.folder, round, round - 1);
  return agreement;
}
