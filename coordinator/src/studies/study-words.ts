import type { SiteName } from '@consilium/protocol';
import type { StudyStateWord } from '../http/study-views.js';
import { releaseThreshold } from '../rounds/decide.js';
import type { AttemptFailure, EndReason } from '../rounds/study-event.js';
import { hasRefused } from '../rounds/going-on.js';
import { hasRoom, roundBytes } from '../rounds/spool-room.js';
import { stepOf } from '../rounds/step-of.js';
import type { ClosedAttempt, FailedAttempt, StudyState } from '../rounds/study-state.js';

const names = (sites: readonly SiteName[]): string => sites.join(', ');

const END_SENTENCES: Record<EndReason, (sites: readonly SiteName[], by: string) => string> = {
  released: () => 'All rounds are done and the sites have released the model.',
  notReleased: (sites) => `All rounds are done; the model stays at the sites, because ${names(sites)} voted no.`,
  stopped: (_, by) => `Stopped by ${by}.`,
  attemptsUsed: () => 'A round failed as often as the study allows (sites.retries).',
  sumCheck: () => 'The sum did not pass its check in three key epochs.',
  waitedTooLong: (sites) => `Waited seven days for ${sites.length > 0 ? names(sites) : "space on the coordinator's disk"}.`,
};

const FAILURE_SENTENCES: Record<AttemptFailure, (failure: FailedAttempt, study: StudyState['study']) => string> = {
  tooFew: ({ contributors, sites }, { derived }) =>
    `${contributors.length} of ${derived.thresholds.m} needed sites contributed; missing: ${names(sites)}.`,
  missing: ({ sites }) => `The study waits for sites that did not contribute: ${names(sites)}.`,
  unsigned: ({ sites }) => `Too few sites signed the list of contributors; not signed: ${names(sites)}. Nothing was released.`,
  unfoldable: () => 'The ciphertexts could not be added.',
  sumCheck: ({ sites, faulty }) =>
    `The decrypted sum did not pass its check${sites.length > 0 ? ` at ${names(sites)}` : ''}; nothing has changed.${faulty.length > 0 ? ` Shares were wrong: ${names(faulty)}.` : ''}`,
  dealt: ({ sites }) => `The shares that ${names(sites)} dealt do not give the key that it advertised; nothing has changed.`,
};

/** Why an attempt at a round failed, in one sentence. */
export function failureSentence(failure: FailedAttempt, study: StudyState['study']): string {
  return FAILURE_SENTENCES[failure.reason](failure, study);
}

function endSentence(state: StudyState, { reason, sites, by }: Extract<StudyState['activity'], { phase: 'ended' }>): string {
  const last = state.failures.at(-1);
  if (reason !== 'attemptsUsed' || !last) return END_SENTENCES[reason](sites, by);
  return `Round ${last.round} failed as often as the study allows (sites.retries): ${failureSentence(last, state.study)}`;
}

/** The word for what a study is doing, and the sentence behind it. */
export function studyWords(
  state: StudyState,
  holder: StudyState | undefined,
  connected: ReadonlySet<SiteName>,
  spoolRoom?: number,
): { readonly word: StudyStateWord; readonly reason: string } {
  const { activity, study } = state;
  const sites = study.sites.names;
  switch (activity.phase) {
    case 'proposed': {
      const missing = sites.filter((site) => !state.approvals.has(site));
      return {
        word: 'proposed',
        reason:
          missing.length > 0
            ? `Waiting for ${missing.length} of ${sites.length} approvals: ${names(missing)}.`
            : 'Approved by all sites; ready to launch.',
      };
    }
    case 'queued': {
      if (holder) {
        const shared = holder.study.sites.names.filter((site) => sites.includes(site));
        return {
          word: 'queued',
          reason: `Queued behind study ${holder.study.name} (${holder.hash.slice(0, 8)}), which occupies ${names(shared)}.`,
        };
      }
      const away = sites.filter((site) => !connected.has(site));
      const open = sites.filter((site) => !state.approvals.has(site));
      const resting = sites.filter((site) => state.approvals.has(site) && state.standing.has(site));
      const missing = sites.filter((site) => [away, open, resting].some((some) => some.includes(site)));
      const waits = [
        away.length > 0 ? `not connected: ${names(away)}` : '',
        open.length > 0 ? `not approved: ${names(open)}` : '',
        resting.length > 0 ? `paused: ${names(resting)}` : '',
      ].filter((part) => part !== '');
      return {
        word: 'queued',
        reason: `Queued; a study begins when all its sites are there${waits.length > 0 ? `: ${sites.length - missing.length} of ${sites.length} are ready (${waits.join('; ')})` : ''}.`,
      };
    }
    case 'keys': {
      const missing = sites.filter((site) => !state.confirmed.has(site));
      return {
        word: 'keys',
        reason: `Keys of epoch ${state.keyEpoch} are being handed out${missing.length > 0 ? `; not confirmed: ${names(missing)}` : ''}.`,
      };
    }
    case 'waiting': {
      const waitedFor = sites.filter((site) => !state.excused.has(site) && !state.outOfStep.has(site));
      const missing = waitedFor.filter(
        (site) =>
          !connected.has(site) ||
          (state.applied.get(site) ?? -1) < activity.round - 1 ||
          state.refusals.has(site) ||
          state.standing.has(site) ||
          !state.confirmed.has(site),
      );
      const resting = missing.filter((site) => state.standing.has(site) || state.refusals.get(site)?.code === 'OUTSIDE_HOURS');
      if (resting.length > 0 && resting.length === missing.length && study.sites.onMissing.refused === 'ask')
        return { word: 'waiting', reason: yourDecision(state, activity.round, resting) };
      if (missing.length === 0 && !hasRoom(state, activity.round, spoolRoom))
        return {
          word: 'waiting',
          reason: `Round ${activity.round} waits for space on the coordinator's disk: ${roomWords(state, activity.round, spoolRoom)}.`,
        };
      const there = sites.length - missing.length;
      const { m } = study.derived.thresholds;
      const tooFew = there < m ? ` ${there} of ${m} needed sites are ready; missing: ${names(missing)}.` : '';
      const waits =
        missing.length > 0 ? `Round ${activity.round} waits for ${names(missing)}.${tooFew}` : `Round ${activity.round} is about to begin.`;
      return { word: 'waiting', reason: [waits, witnessSentence(state) ?? ''].join(' ').trim() };
    }
    case 'round':
      return roundWords(state, activity);
    case 'releasing': {
      const yes = [...activity.votes.values()].filter(({ vote }) => vote === 'yes').length;
      const waiting = sites.filter((site) => !activity.votes.has(site));
      return {
        word: 'releasing',
        reason: `Sealed: ${yes} of ${releaseThreshold(state)} needed sites have agreed to release${waiting.length > 0 ? `; waiting for ${names(waiting)}` : ''}.`,
      };
    }
    case 'ended':
      return { word: activity.outcome, reason: endSentence(state, activity) };
  }
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
const roomWords = (state: StudyState, round: number, room = 0): string =>
  `it needs ${mib(roundBytes(state, round))}, and ${Math.floor(room / 2 ** 20)} MiB are free; the coordinator's admin frees space, and it goes on by itself`;

/** Whose word a site needs that has started again, where it waits for it: "waiting(witnesses: names)" of PROTOCOL.md section 4. */
function witnessSentence({ refusals }: StudyState): string | undefined {
  const waiting = [...refusals].filter(([, { code }]) => code === 'WITNESSES');
  if (waiting.length === 0) return undefined;
  const witnesses = [...new Set(waiting.flatMap(([, { fields }]) => (fields['missing'] ?? '').split(', ')))];
  return `Waits for witnesses: ${witnesses.join(', ')}; ${names(waiting.map(([site]) => site))} started again and needs their word on what it signed before.`;
}

/** By its own word; an approval that has just run out shows once the site has said so. */
const saidNo = (state: StudyState, site: SiteName): boolean => hasRefused(state, site, Number.NEGATIVE_INFINITY);

function yourDecision(state: StudyState, round: number, refused: readonly SiteName[]): string {
  return `Round ${round} waits for your decision: ${names(refused)} refused. Go on without: consilium study continue ${state.hash.slice(0, 8)} --without ${refused[0]}`;
}

/** What the sites are doing about a closed list, and how many of those needed have done it. */
function closedWords(
  state: StudyState,
  attempt: ClosedAttempt,
  applied: number,
): { readonly word: StudyStateWord; readonly reason: string } {
  const { t } = state.study.derived.thresholds;
  const witnesses = witnessSentence(state);
  if (witnesses !== undefined) return { word: 'waiting', reason: `Round ${attempt.round}: ${witnesses}` };
  const steps = {
    listing: [attempt.listSignatures.size, 'signed the list of contributors'],
    unmasking: [attempt.releases.size, 'released their shares'],
    folded: [attempt.phase === 'folded' ? attempt.foldSignatures.size : 0, 'signed the sum'],
    applied: [applied, 'applied the sum'],
  } as const;
  const [done, what] = steps[stepOf(state, attempt)];
  return { word: 'running', reason: `Round ${attempt.round}: ${done} sites have ${what}; ${t} are needed.` };
}

function roundWords(
  state: StudyState,
  { attempt, agreed }: Extract<StudyState['activity'], { phase: 'round' }>,
): { readonly word: StudyStateWord; readonly reason: string } {
  const missing = attempt.participants.filter((site) => !attempt.uploads.has(site));
  const refused = missing.filter((site) => saidNo(state, site) && !state.excused.has(site));
  if (attempt.phase === 'closed' || attempt.phase === 'folded') return closedWords(state, attempt, agreed.size);
  const witnesses = witnessSentence(state);
  if (witnesses !== undefined) return { word: 'waiting', reason: `Round ${attempt.round}: ${witnesses}` };
  if (refused.length > 0 && refused.length === missing.length && state.study.sites.onMissing.refused === 'ask')
    return { word: 'waiting', reason: yourDecision(state, attempt.round, refused) };
  return {
    word: 'running',
    reason: `Round ${attempt.round}: ${attempt.uploads.size} of ${attempt.participants.length} sites are in${missing.length > 0 ? `; not yet: ${names(missing)}` : ''}.`,
  };
}
