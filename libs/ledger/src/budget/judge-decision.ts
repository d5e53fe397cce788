import { decisionIn, type DecidedBy } from '../entries/decision.js';
import type { EntryOf } from '../entries/entry.js';
import { wordHolds } from '../entries/officer-word.js';
import type { KeyReader } from '../signatures.js';
import { withAdded } from '../witness/quorums.js';
import { fault, type Fault } from './fault.js';
import type { LedgerState, StudyStatus } from './state.js';
import { parsePair } from './sums.js';
import { limitFault } from './terms.js';

/** Makes the change that an entry stands for; nothing has changed before it is called. */
export type Apply = () => void;

type Deciding = EntryOf<'limit' | 'freeze' | 'unfreeze' | 'witnesses' | 'study'>;

/** Whether this role may decide so, whether an officer's signature holds and is new here, and what the decision does. */
export function judgeDecision(state: LedgerState, entry: Deciding, readKey: KeyReader): Apply | Fault {
  const { by } = entry;
  const decision = decisionIn(entry);
  if (by.role === 'officer' && !wordHolds(state.name, decision, by, readKey))
    return fault('officer', `is not signed by the officer ${by.name} whom it names`);
  if (by.role === 'officer' && state.words.has(by.nonce)) return fault('officer', 'holds a word of an officer that was entered before');
  const outOfOrder = by.role === 'coordinator' ? requestFault(state, by.request) : undefined;
  if (outOfOrder !== undefined) return outOfOrder;
  const apply = applyOf(state, entry);
  if (typeof apply !== 'function') return apply;
  return () => {
    apply();
    if (by.role === 'officer') state.words.add(by.nonce);
    if (by.role === 'coordinator') state.lastRequest = by.request;
    state.decisions.push({ index: entry.index, at: entry.at, decision, by });
  };
}

/** Numbers below this distance from the last one can be meant; a larger step would use up all that there are. */
const LARGEST_STEP = 10_000;

/** An old request that is sent again would otherwise undo what an officer decided since. */
function requestFault({ lastRequest }: LedgerState, request: number): Fault | undefined {
  if (request <= lastRequest) return fault('request', `repeats request ${request} of the coordinator: ${lastRequest} was entered before`);
  if (request > lastRequest + LARGEST_STEP) return fault('request', `skips from request ${lastRequest} of the coordinator to ${request}`);
  return undefined;
}

function applyOf(state: LedgerState, entry: Deciding): Apply | Fault {
  const { by } = entry;
  switch (entry.kind) {
    case 'limit':
      return judgeLimit(state, entry);
    case 'freeze':
      if (!mayTighten(by)) return notAllowed(by);
      return state.frozen === undefined ? () => (state.frozen = by) : fault('study-step', 'freezes what is frozen');
    case 'unfreeze':
      if (by.role !== 'officer') return notAllowed(by);
      return state.frozen === undefined ? fault('study-step', 'unfreezes what is not frozen') : () => (state.frozen = undefined);
    case 'witnesses':
      return judgeWitnesses(state, entry);
    case 'study':
      return judgeStudy(state, entry);
  }
}

/** Adds only: the quorum of the witnesses before stays needed, so that no entry can talk itself out of being seen. */
function judgeWitnesses(state: LedgerState, { index, add, quorum, by }: EntryOf<'witnesses'>): Apply | Fault {
  if (by.role !== 'officer') return notAllowed(by);
  const all = new Set<string>([...state.terms.witnesses, ...add]);
  if (all.size !== state.terms.witnesses.length + add.length || all.has(state.name.site))
    return fault('terms', 'adds a witness twice, one that there is, or its own site');
  const rules = withAdded(state.terms, add, index);
  if (quorum !== rules.quorums.at(-1)?.quorum) return fault('terms', `does not ask ${rules.quorums.at(-1)?.quorum} witnesses to cosign`);
  return () => {
    state.terms = { ...state.terms, ...rules };
  };
}

function judgeLimit(state: LedgerState, entry: EntryOf<'limit'>): Apply | Fault {
  const budgets = parsePair(entry.budgets);
  const { epsilonMax: now } = state.terms;
  // A limit that stays as it is would let the coordinator fill a ledger that is not its own.
  const loosens = entry.by.role === 'coordinator' ? entry.epsilonMax >= now : entry.epsilonMax > now;
  if (loosens ? entry.by.role !== 'officer' : !mayTighten(entry.by)) return notAllowed(entry.by);
  return (
    limitFault(entry.epsilonMax, budgets) ??
    (() => {
      state.terms = { ...state.terms, epsilonMax: entry.epsilonMax, budgets };
    })
  );
}

/** Who may take a study from where to where. Which sites need an officer for an approval, their `site.yaml` says; the ledger shows who gave it. */
const STEPS: Record<
  EntryOf<'study'>['action'],
  { readonly from: readonly (StudyStatus | undefined)[]; readonly to: StudyStatus; readonly by: readonly DecidedBy['role'][] }
> = {
  approve: { from: [undefined, 'approved', 'paused', 'withdrawn', 'expired'], to: 'approved', by: ['officer', 'site'] },
  withdraw: { from: ['approved', 'paused'], to: 'withdrawn', by: ['officer', 'site'] },
  // Paused again by an officer, only an officer resumes.
  pause: { from: ['approved', 'paused'], to: 'paused', by: ['officer', 'site', 'coordinator'] },
  resume: { from: ['paused'], to: 'approved', by: ['officer', 'site'] },
  expire: { from: ['approved', 'paused'], to: 'expired', by: ['agent'] },
};

function judgeStudy(state: LedgerState, entry: EntryOf<'study'>): Apply | Fault {
  const { from, to, by } = STEPS[entry.action];
  const record = state.studies.get(entry.study);
  if (!by.includes(entry.by.role)) return notAllowed(entry.by);
  if (
    record?.status === 'paused' &&
    record.by.role === 'officer' &&
    entry.by.role !== 'officer' &&
    entry.action !== 'withdraw' &&
    entry.action !== 'expire'
  )
    return notAllowed(entry.by);
  if (!from.includes(record?.status))
    return fault('study-step', `cannot ${entry.action} a study that is ${record?.status ?? 'unknown here'}`);
  if (entry.action !== 'approve' && (entry.epsilonLimit !== null || entry.until !== null))
    return fault('study-step', 'sets a limit or an end date without approving');
  return () => {
    if (record === undefined) state.studies.set(entry.study, { status: to, by: entry.by, holdings: new Map(), lastBlock: new Map() });
    else Object.assign(record, { status: to, by: entry.by });
  };
}

function mayTighten(by: DecidedBy): boolean {
  return by.role !== 'agent';
}

function notAllowed(by: DecidedBy): Fault {
  return fault('not-allowed', `is not for the ${by.role} to decide`);
}
