import type { SiteName } from '@consilium/protocol';
import type { StoredEvent, StudyEvent } from './study-event.js';
import { abortAtEnd } from './abort.js';
import { blockSeed } from './attempt-graph.js';
import { blockStep, endsSeats, leaveBlock, seatMaterial } from './block-steps.js';
import {
  agreedHmac,
  endsKeyEpoch,
  lastRound,
  type Activity,
  type Attempt,
  type ClosedAttempt,
  type Refusal,
  type StudyState,
} from './study-state.js';

function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

function without<K>(set: ReadonlySet<K>, key: K): ReadonlySet<K> {
  return new Set([...set].filter((entry) => entry !== key));
}

function withoutKey<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  return new Map([...map].filter(([entry]) => entry !== key));
}

/** The attempt that an event speaks of, or nothing where the study is elsewhere by now. */
function attemptOf(state: StudyState, event: { readonly round: number; readonly attempt: number }): Attempt | undefined {
  const { activity } = state;
  return activity.phase === 'round' && activity.attempt.round === event.round && activity.attempt.attempt === event.attempt
    ? activity.attempt
    : undefined;
}

function closedAttempt(state: StudyState, event: { readonly round: number; readonly attempt: number }): ClosedAttempt | undefined {
  const attempt = attemptOf(state, event);
  return attempt?.phase === 'closed' || attempt?.phase === 'folded' ? attempt : undefined;
}

function nextActivity(state: StudyState, at: string, round: number): Activity {
  return round > lastRound(state)
    ? { phase: 'releasing', since: at, votes: new Map(), bundles: new Map(), received: undefined }
    : { phase: 'waiting', since: at, round };
}

function inRound(state: StudyState, attempt: Attempt): StudyState {
  const agreed = state.activity.phase === 'round' ? state.activity.agreed : new Map();
  return { ...state, activity: { phase: 'round', attempt, agreed } };
}

/** A word from a site is a sign that what it refused before is over. */
function heardFrom(state: StudyState, site: SiteName): StudyState {
  return state.refusals.has(site) || state.excused.has(site)
    ? { ...state, refusals: withoutKey(state.refusals, site), excused: without(state.excused, site) }
    : state;
}

/** A site that signs anything again has heard its witnesses. */
function remembered(state: StudyState, site: SiteName): StudyState {
  return state.refusals.get(site)?.code === 'WITNESSES' ? heardFrom(state, site) : state;
}

/** A site that has its seats has put right what it refused about older ones. */
function seatedAgain(state: StudyState, site: SiteName): StudyState {
  const code = state.refusals.get(site)?.code;
  return code !== undefined && (endsSeats(code) || code === 'WITNESSES') ? heardFrom(state, site) : state;
}

/** Training that was killed may have the memory and the time in the next attempt: the site is waited for again. */
const trainsAgain = ({ refusals }: StudyState): StudyState['refusals'] =>
  new Map([...refusals].filter(([, { code }]) => code !== 'TRAINING_KILLED'));

/** A refusal that holds until the site takes it back; the researcher is asked anew whether to go on without. */
function stands(state: StudyState, at: string, site: SiteName, code: Refusal['code'], fields: Refusal['fields']): StudyState {
  const refusal: Refusal = { code, fields, incident: '', decision: 'refused', round: state.rounds.length + 1, at };
  return { ...state, standing: withEntry(state.standing, site, refusal), excused: without(state.excused, site) };
}

/**
 * One step of a study (DESIGN.md section 3). Pure; the runner has stored the event before. An event that comes too
 * late for where the study is changes nothing but the sequence number.
 */
export function advance(state: StudyState, { seq, at, event }: StoredEvent): StudyState {
  return { ...step(state, at, event), seq };
}

function step(state: StudyState, at: string, event: StudyEvent): StudyState {
  const { activity } = state;
  if (activity.phase === 'ended' && (event.type === 'abortSigned' || event.type === 'refused')) return aboutAbort(state, activity, event);
  if (activity.phase === 'ended' && event.type !== 'agreed' && event.type !== 'metricsSigned') return state;
  switch (event.type) {
    case 'approved':
      return heardFrom(
        {
          ...state,
          approvals: withEntry(state.approvals, event.site, { approval: event.approval, release: event.release, until: event.until }),
          standing: withoutKey(state.standing, event.site),
        },
        event.site,
      );
    case 'withdrawn':
      return stands({ ...state, approvals: withoutKey(state.approvals, event.site) }, at, event.site, 'APPROVAL_ENDED', {
        why: 'withdrawn',
      });
    case 'paused':
      return stands(state, at, event.site, 'PAUSED', { by: event.by });
    case 'resumed':
      if (state.standing.get(event.site)?.code !== 'PAUSED') return state;
      return heardFrom({ ...state, standing: withoutKey(state.standing, event.site) }, event.site);
    case 'launched':
      return activity.phase === 'proposed'
        ? { ...state, launchedAt: at, rosterEpoch: event.rosterEpoch, activity: { phase: 'queued', since: at } }
        : state;
    case 'keysAsked':
      return {
        ...state,
        keyEpoch: event.keyEpoch,
        steward: event.steward,
        confirmed: new Map(),
        // A seat belongs to its key epoch.
        block: undefined,
        activity: { phase: 'keys', since: at, have: new Map() },
      };
    case 'confirmed': {
      if (event.keyEpoch !== state.keyEpoch) return state;
      const confirmed = withEntry(state.confirmed, event.site, event.state);
      const applied = withEntry(state.applied, event.site, Math.max(event.state.round, state.applied.get(event.site) ?? 0));
      const heard = heardFrom({ ...state, confirmed, applied }, event.site);
      if (activity.phase !== 'keys') return heard;
      return { ...heard, activity: { ...activity, have: withEntry(activity.have, event.site, event.have) } };
    }
    case 'keysReady':
      return activity.phase === 'keys' ? { ...state, activity: nextActivity(state, at, state.rounds.length + 1) } : state;
    case 'advertised':
    case 'held':
      return seatedAgain(blockStep(state, at, event), event.site);
    case 'blockOpened':
    case 'advertsClosed':
    case 'revealed':
    case 'shared':
    case 'sharesClosed':
      return blockStep(state, at, event);
    case 'announced': {
      const { block } = state;
      if (block?.number !== event.block) return state;
      return {
        ...state,
        refusals: trainsAgain(state),
        block: { ...block, nextSeat: event.seat + 1 },
        blocksTried: 0,
        activity: {
          phase: 'round',
          agreed: new Map(),
          attempt: {
            phase: 'announced',
            round: event.round,
            attempt: event.attempt,
            kind: event.kind,
            keyEpoch: state.keyEpoch,
            block: event.block,
            seat: event.seat,
            participants: event.participants,
            seats: seatMaterial(block, event.seat, event.participants),
            members: block.advertised ?? [],
            blockSeats: block.seats,
            graphSeed: blockSeed(state, block),
            faulty: [],
            stateBefore: agreedHmac(state),
            announcedAt: at,
            deadline: event.deadline,
            uploads: new Map(),
          },
        },
      };
    }
    case 'refused':
      return {
        ...state,
        block: leaveBlock(state.block, event),
        refusals: withEntry(state.refusals, event.site, {
          code: event.code,
          fields: event.fields,
          incident: event.incident,
          decision: event.decision,
          round: event.round,
          at,
        }),
        excused: without(state.excused, event.site),
      };
    case 'excused':
      return { ...state, excused: new Set(state.excused).add(event.site) };
    case 'uploaded': {
      const attempt = attemptOf(state, event);
      if (!attempt || (attempt.phase !== 'announced' && attempt.phase !== 'uploading')) return state;
      const uploads = withEntry(attempt.uploads, event.site, { bytes: event.bytes, sha256: event.sha256, signature: event.signature });
      return heardFrom(inRound(state, { ...attempt, phase: 'uploading', uploads }), event.site);
    }
    case 'listClosed': {
      const attempt = attemptOf(state, event);
      if (!attempt) return state;
      const { contributors } = event;
      return inRound(state, { ...attempt, phase: 'closed', contributors, closedAt: at, listSignatures: new Map(), releases: new Map() });
    }
    case 'listSigned': {
      const attempt = closedAttempt(state, event);
      return attempt
        ? inRound(remembered(state, event.site), {
            ...attempt,
            listSignatures: withEntry(attempt.listSignatures, event.site, event.signature),
          })
        : state;
    }
    case 'unmasked': {
      const attempt = closedAttempt(state, event);
      return attempt
        ? inRound(remembered(state, event.site), { ...attempt, releases: withEntry(attempt.releases, event.site, event.release) })
        : state;
    }
    case 'folded': {
      const attempt = attemptOf(state, event);
      if (attempt?.phase !== 'closed') return state;
      const fold = { bytes: event.bytes, sha256: event.sha256, foldedAt: at };
      return inRound(state, { ...attempt, phase: 'folded', fold, foldSignatures: new Map(), faulty: event.faulty ?? [] });
    }
    case 'foldSigned': {
      const attempt = attemptOf(state, event);
      if (attempt?.phase !== 'folded') return state;
      return inRound(remembered(state, event.site), {
        ...attempt,
        foldSignatures: withEntry(attempt.foldSignatures, event.site, event.signature),
      });
    }
    case 'attemptFailed':
      return attemptFailed(state, at, event);
    case 'agreed':
      return siteAgreed(state, event);
    case 'roundDone':
      return roundDone(state, at, event);
    case 'metricsSigned': {
      const bySite = state.metrics.get(event.round) ?? new Map<SiteName, never>();
      return {
        ...state,
        metrics: withEntry(state.metrics, event.round, withEntry(bySite, event.site, { statement: event.statement })),
      };
    }
    case 'voted':
      if (activity.phase !== 'releasing') return state;
      return {
        ...state,
        activity: { ...activity, votes: withEntry(activity.votes, event.site, { vote: event.vote, bundleHmac: event.bundleHmac }) },
      };
    case 'bundleSigned':
      if (activity.phase !== 'releasing') return state;
      return { ...state, activity: { ...activity, bundles: withEntry(activity.bundles, event.site, event.sha256) } };
    case 'bundleReceived':
      if (activity.phase !== 'releasing') return state;
      return { ...state, activity: { ...activity, received: { sha256: event.sha256, bytes: event.bytes } } };
    case 'abortSigned':
      return state;
    case 'ended':
      return {
        ...state,
        released: event.reason === 'released' && activity.phase === 'releasing' ? activity.received : state.released,
        activity: {
          phase: 'ended',
          at,
          outcome: event.outcome,
          by: event.by,
          reason: event.reason,
          sites: event.sites,
          abort: abortAtEnd(state),
        },
      };
  }
}

/** A site gives its word never to release the round in which the study ended, or does not. */
function aboutAbort(
  state: StudyState,
  activity: Extract<Activity, { phase: 'ended' }>,
  event: Extract<StudyEvent, { type: 'abortSigned' | 'refused' }>,
): StudyState {
  const { abort } = activity;
  if (abort?.round !== event.round || abort.signatures.has(event.site)) return state;
  const after =
    event.type === 'abortSigned'
      ? { ...abort, signatures: withEntry(abort.signatures, event.site, event.signature) }
      : { ...abort, refused: new Set(abort.refused).add(event.site) };
  return { ...state, activity: { ...activity, abort: after } };
}

function attemptFailed(state: StudyState, at: string, event: Extract<StudyEvent, { type: 'attemptFailed' }>): StudyState {
  const attempt = attemptOf(state, event);
  if (!attempt) return state;
  const { round, reason, sites } = event;
  const { kind, participants, announcedAt, faulty } = attempt;
  const closed = attempt.phase === 'closed' || attempt.phase === 'folded';
  const contributors = closed ? attempt.contributors : [...attempt.uploads.keys()];
  const released = closed ? [...attempt.releases.keys()] : [];
  return {
    ...state,
    failures: [
      ...state.failures,
      { round, attempt: event.attempt, reason, sites, kind, participants, contributors, faulty, released, announcedAt, at },
    ],
    sumCheckFailures: state.sumCheckFailures + (endsKeyEpoch(reason) ? 1 : 0),
    activity: { phase: 'waiting', since: at, round },
  };
}

function siteAgreed(state: StudyState, event: Extract<StudyEvent, { type: 'agreed' }>): StudyState {
  const { site, state: signed } = event;
  const failed = signed.stateHmac === 'SUM_CHECK';
  const applied = failed ? state.applied : withEntry(state.applied, site, Math.max(signed.round, state.applied.get(site) ?? 0));
  const attempt = attemptOf(state, signed);
  if (attempt?.phase === 'folded' && state.activity.phase === 'round') {
    const faulty = [...new Set([...attempt.faulty, ...(event.faulty ?? [])])];
    const agreed = withEntry(state.activity.agreed, site, signed);
    return { ...state, applied, activity: { phase: 'round', attempt: { ...attempt, faulty }, agreed } };
  }
  // After the round was decided: a site that was slow, or away.
  const decided = state.rounds.find((round) => round.attempt.round === signed.round && round.attempt.attempt === signed.attempt);
  if (!decided) return state;
  if (signed.stateHmac !== decided.stateHmac) return { ...state, outOfStep: new Set(state.outOfStep).add(site) };
  const rounds = state.rounds.map((round) => (round === decided ? { ...round, states: withEntry(round.states, site, signed) } : round));
  return { ...state, applied, rounds };
}

function roundDone(state: StudyState, at: string, event: Extract<StudyEvent, { type: 'roundDone' }>): StudyState {
  const { activity } = state;
  const attempt = attemptOf(state, event);
  if (attempt?.phase !== 'folded' || activity.phase !== 'round') return state;
  const counts = new Map<string, number>();
  for (const { stateHmac } of activity.agreed.values()) counts.set(stateHmac, (counts.get(stateHmac) ?? 0) + 1);
  const stateHmac = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', 0] as [string, number])[0];
  const states = new Map([...activity.agreed].filter(([, signed]) => signed.stateHmac === stateHmac));
  return {
    ...state,
    refusals: trainsAgain(state),
    rounds: [...state.rounds, { attempt, doneAt: at, states, stateHmac }],
    outOfStep: new Set([...state.outOfStep, ...event.outOfStep]),
    activity: nextActivity(state, at, event.round + 1),
  };
}
