import { Assignment, RoundKind, type SignedState } from '@consilium/protocol/wire';
import type { SiteName } from '@consilium/protocol';
import { releaseAgreed, releaseThreshold } from './decide.js';
import type { SignedStateRecord } from './study-event.js';
import { agreedStates, type Attempt, type StudyState } from './study-state.js';

type Task = NonNullable<Assignment['task']>;

const KIND = { train: RoundKind.ROUND_KIND_TRAIN, evaluate: RoundKind.ROUND_KIND_EVALUATE } as const;

/** A record's signed state as it travels: an empty HMAC stands for a failed sum check. */
export function signedStateMessage(site: SiteName, record: SignedStateRecord): SignedState {
  return {
    site,
    keyEpoch: record.keyEpoch,
    round: record.round,
    attempt: record.attempt,
    stateHmac: record.stateHmac === 'SUM_CHECK' ? Buffer.alloc(0) : Buffer.from(record.stateHmac, 'hex'),
    signature: Buffer.from(record.signature, 'hex'),
  };
}

const rest = (reason: string): Task => ({ $case: 'rest', value: { reason } });

/** The sum that a site has not applied yet, oldest first: it may have been away for several rounds. */
function unapplied(state: StudyState, site: SiteName): Extract<Attempt, { phase: 'folded' }> | undefined {
  const applied = state.applied.get(site) ?? 0;
  const finished = state.rounds.find((round) => round.attempt.round > applied)?.attempt;
  if (finished) return finished;
  const { activity } = state;
  if (activity.phase !== 'round' || activity.attempt.phase !== 'folded' || activity.agreed.has(site)) return undefined;
  return activity.attempt;
}

function applyTask(attempt: Extract<Attempt, { phase: 'folded' }>): Task {
  return {
    $case: 'apply',
    value: {
      keyEpoch: attempt.keyEpoch,
      round: attempt.round,
      attempt: attempt.attempt,
      kind: KIND[attempt.kind],
      participants: [...attempt.participants],
      contributors: attempt.contributors.flatMap((site) => {
        const upload = attempt.uploads.get(site);
        return upload
          ? [
              {
                site,
                uploadBytes: BigInt(upload.bytes),
                uploadSha256: Buffer.from(upload.sha256, 'hex'),
                signature: Buffer.from(upload.signature, 'hex'),
              },
            ]
          : [];
      }),
      foldBytes: BigInt(attempt.fold.bytes),
      foldSha256: Buffer.from(attempt.fold.sha256, 'hex'),
    },
  };
}

function contributeTask(state: StudyState, attempt: Attempt): Task {
  return {
    $case: 'contribute',
    value: {
      keyEpoch: attempt.keyEpoch,
      round: attempt.round,
      attempt: attempt.attempt,
      kind: KIND[attempt.kind],
      deadline: attempt.deadline,
      participants: [...attempt.participants],
      state: [...agreedStates(state)].map(([site, record]) => signedStateMessage(site, record)),
    },
  };
}

function keysTask(state: StudyState, site: SiteName): Task {
  const { keyEpoch, steward = '' } = state;
  return site === steward ? { $case: 'makeKeys', value: { keyEpoch } } : { $case: 'takeKeys', value: { keyEpoch, steward } };
}

function releaseTask(
  state: StudyState,
  site: SiteName,
  activity: Extract<StudyState['activity'], { phase: 'releasing' }>,
  connected: ReadonlySet<SiteName>,
): Task {
  const round = state.rounds.length;
  const vote = activity.votes.get(site);
  if (!vote) return { $case: 'vote', value: { round } };
  if (!releaseAgreed(activity, releaseThreshold(state)) || vote.vote === 'no') return rest('waiting');
  const sender = state.study.sites.names.find((name) => activity.votes.get(name)?.vote === 'yes' && connected.has(name));
  const send = sender === site && !activity.received;
  if (activity.bundles.has(site) && !send) return rest('waiting');
  return { $case: 'uploadBundle', value: { round, send } };
}

/**
 * What a site is to do in a study now (the levels of proto/README.md): a pure function of the study's record, so that
 * a site which reconnects, or a coordinator which restarts, needs no memory of what was said before.
 * @param connected - decides only which site is asked to send the bundle
 */
export function assignmentFor(state: StudyState, site: SiteName, connected: ReadonlySet<SiteName>): Assignment {
  return { study: state.hash, sequence: BigInt(state.seq), task: taskFor(state, site, connected) };
}

function taskFor(state: StudyState, site: SiteName, connected: ReadonlySet<SiteName>): Task {
  const { activity } = state;
  const sum = unapplied(state, site);
  if (activity.phase === 'ended') {
    // A site that was away at the end still gets the model it helped to make.
    const away = activity.outcome === 'done' && sum && !state.outOfStep.has(site);
    return away ? applyTask(sum) : { $case: 'end', value: { outcome: activity.outcome } };
  }
  if (activity.phase === 'proposed') return rest('proposed');
  if (activity.phase === 'queued') return rest('queued');
  if (state.outOfStep.has(site)) return rest('outOfStep');
  if (!state.confirmed.has(site)) return keysTask(state, site);
  if (activity.phase === 'keys') return rest('waiting');
  if (sum) return applyTask(sum);
  if (activity.phase === 'releasing') return releaseTask(state, site, activity, connected);
  if (activity.phase !== 'round') return rest('waiting');
  const { attempt } = activity;
  if (attempt.phase === 'folding') return rest('folding');
  if (attempt.phase === 'folded' || !attempt.participants.includes(site)) return rest('waiting');
  return attempt.uploads.has(site) ? rest('counted') : contributeTask(state, attempt);
}
