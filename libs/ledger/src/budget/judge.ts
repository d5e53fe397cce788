import type { DecidedBy, Entry, EntryBody, EntryOf } from '../entries/entry.js';
import type { LedgerName } from '../notes/checkpoint.js';
import type { KeyReader } from '../signatures.js';
import { abortFault, type KeysOf } from './abort-certificate.js';
import { fault, type Fault } from './fault.js';
import { aborting, reserving, returning, spending, writingOff, type Movement } from './movements.js';
import { newState, type LedgerState, type StudyStatus } from './state.js';
import { formatSums, parsePair } from './sums.js';
import { limitFault, termsFault } from './terms.js';

/** What judging needs to know of the world: the roster's keys. */
export interface Judge {
  readonly keysOf: KeysOf;
  readonly readKey: KeyReader;
}

/** Makes the change that an entry stands for; nothing has changed before it is called. */
export type Apply = () => void;

/** The entry that creates a ledger, as a state. */
export function judgeCreation(entry: EntryBody): LedgerState | Fault {
  if (entry.kind !== 'create') return fault('create', 'is the first one and does not create the ledger');
  const wrong = termsFault(entry);
  if (wrong !== undefined) return wrong;
  const { consortium, site, population, delta, epsilonMax, orders, witnesses, quorum } = entry;
  const name: LedgerName = { consortium, site, population };
  return newState(name, entry.key, { delta, epsilonMax, orders, budgets: parsePair(entry.budgets), witnesses, quorum });
}

/** Whether an entry may follow, and what it does. One rule for the writer before it writes and for whoever verifies. */
export function judge(
  state: LedgerState,
  index: number,
  entry: Exclude<EntryBody, { kind: 'create' }> | Entry,
  world: Judge,
): Apply | Fault {
  switch (entry.kind) {
    case 'create':
      return fault('create', 'creates a ledger that exists');
    case 'reserve':
    case 'spend':
    case 'return':
    case 'write-off':
      return judgeMovement(state, index, entry, world);
    case 'limit':
      return judgeLimit(state, entry);
    case 'freeze':
      if (!mayTighten(entry.by)) return notAllowed(entry.by);
      return state.frozen ? fault('study-step', 'freezes what is frozen') : () => (state.frozen = true);
    case 'unfreeze':
      if (entry.by.role !== 'officer') return notAllowed(entry.by);
      return state.frozen ? () => (state.frozen = false) : fault('study-step', 'unfreezes what is not frozen');
    case 'rotate':
      return state.keys.includes(entry.key) ? fault('signature', 'rotates to a key that signed before') : () => state.keys.push(entry.key);
    case 'note':
      return () => undefined;
    case 'study':
      return judgeStudy(state, entry);
  }
}

type Moving = Body<'reserve' | 'spend' | 'return' | 'write-off'>;
type Body<K extends Entry['kind']> = Extract<EntryBody, { kind: K }> | EntryOf<K>;

/** What a moving entry does, whatever sums it claims to lead to. */
export function movementOf(state: LedgerState, index: number, entry: Unsummed, world: Judge): Movement | Fault {
  switch (entry.kind) {
    case 'reserve':
      return reserving(
        state,
        entry.study,
        entry.items.map(({ purpose, rounds, deciding }) => ({ purpose, rounds, price: parsePair(deciding) })),
        index,
      );
    case 'spend':
      return spending(state, entry.study, entry.round, entry.purposes);
    case 'write-off':
      return writingOff(state, entry.study, entry.items);
    case 'return':
      return entry.why === 'aborted' ? judgeAbort(state, entry, world) : notUploaded(state, entry);
  }
}

/** An entry that moves sums, before the sums are written into it. */
export type Unsummed = Moving extends infer M ? (M extends Moving ? Omit<M, 'after'> : never) : never;

function judgeMovement(state: LedgerState, index: number, entry: Moving, world: Judge): Apply | Fault {
  const movement = movementOf(state, index, entry, world);
  if ('fault' in movement) return movement;
  if (JSON.stringify(formatSums(movement.totals)) !== sumsText(entry))
    return fault('sums', 'has sums that do not follow from those before');
  return () => {
    state.totals = movement.totals;
    const record = state.studies.get(entry.study);
    for (const [key, holding] of movement.changes)
      if (holding === undefined) record?.holdings.delete(key);
      else record?.holdings.set(key, holding);
    if (entry.kind === 'reserve') for (const { purpose, rounds } of entry.items) record?.lastBlock.set(purpose, rounds.length);
  };
}

function sumsText({ after: { training, evaluation } }: Moving): string {
  const inOrder = ({ held, spent }: typeof training) => ({ held, spent });
  return JSON.stringify({ training: inOrder(training), evaluation: inOrder(evaluation) });
}

type Return = Extract<Unsummed, { kind: 'return' }>;

function notUploaded(state: LedgerState, entry: Return): Movement | Fault {
  if (entry.certificate !== null) return fault('abort-certificate', 'has an abort certificate that it does not need');
  return returning(state, entry.study, entry.items);
}

function judgeAbort(state: LedgerState, entry: Return, { keysOf, readKey }: Judge): Movement | Fault {
  const [round, ...more] = new Set(entry.items.flatMap((item) => item.rounds));
  if (round === undefined || more.length > 0)
    return fault('abort-certificate', 'returns more than the one round that its certificate is for');
  if (entry.certificate === null) return fault('abort-certificate', 'has no abort certificate');
  const name = { consortium: state.name.consortium, study: entry.study, round };
  return abortFault(entry.certificate, name, keysOf, readKey) ?? aborting(state, entry.study, entry.items);
}

function judgeLimit(state: LedgerState, entry: Body<'limit'>): Apply | Fault {
  const budgets = parsePair(entry.budgets);
  const loosens = entry.epsilonMax > state.terms.epsilonMax;
  if (loosens ? entry.by.role !== 'officer' : !mayTighten(entry.by)) return notAllowed(entry.by);
  return (
    limitFault(entry.epsilonMax, budgets) ??
    (() => {
      state.terms = { ...state.terms, epsilonMax: entry.epsilonMax, budgets };
    })
  );
}

const STEPS: Record<
  Body<'study'>['action'],
  { readonly from: readonly (StudyStatus | undefined)[]; readonly to: StudyStatus; readonly by: readonly DecidedBy['role'][] }
> = {
  approve: { from: [undefined, 'approved', 'paused', 'withdrawn', 'expired'], to: 'approved', by: ['officer'] },
  withdraw: { from: ['approved', 'paused'], to: 'withdrawn', by: ['officer'] },
  pause: { from: ['approved'], to: 'paused', by: ['officer', 'coordinator'] },
  resume: { from: ['paused'], to: 'approved', by: ['officer'] },
  expire: { from: ['approved', 'paused'], to: 'expired', by: ['agent'] },
};

function judgeStudy(state: LedgerState, entry: Body<'study'>): Apply | Fault {
  const { from, to, by } = STEPS[entry.action];
  const record = state.studies.get(entry.study);
  if (!by.includes(entry.by.role)) return notAllowed(entry.by);
  if (!from.includes(record?.status))
    return fault('study-step', `cannot ${entry.action} a study that is ${record?.status ?? 'unknown here'}`);
  if (entry.action !== 'approve' && (entry.epsilonLimit !== null || entry.until !== null))
    return fault('study-step', 'sets a limit or an end date without approving');
  return () => {
    if (record === undefined) state.studies.set(entry.study, { status: to, holdings: new Map(), lastBlock: new Map() });
    else record.status = to;
  };
}

function mayTighten(by: DecidedBy): boolean {
  return by.role !== 'agent';
}

function notAllowed(by: DecidedBy): Fault {
  return fault('not-allowed', `is not for the ${by.role} to decide`);
}
