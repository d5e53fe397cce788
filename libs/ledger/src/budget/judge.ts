import type { Entry, EntryBody, EntryOf } from '../entries/entry.js';
import type { LedgerName } from '../notes/checkpoint.js';
import type { KeyReader } from '../signatures.js';
import { abortFault, type KeysOf } from './abort-certificate.js';
import { fault, type Fault } from './fault.js';
import { aborting, reserving, returning, spending, writingOff, type Movement } from './movements.js';
import { judgeDecision, type Apply } from './judge-decision.js';
import { newState, type LedgerState } from './state.js';
import { formatSums, parsePair } from './sums.js';
import { termsFault } from './terms.js';

/** What judging needs to know of the world: the roster's keys. */
export interface Judge {
  readonly keysOf: KeysOf;
  readonly readKey: KeyReader;
}

/** The entry that creates a ledger, as a state. */
export function judgeCreation(entry: EntryBody): LedgerState | Fault {
  if (entry.kind !== 'create') return fault('create', 'is the first one and does not create the ledger');
  const wrong = termsFault(entry);
  if (wrong !== undefined) return wrong;
  const { consortium, site, population, delta, epsilonMax, orders, witnesses } = entry;
  const name: LedgerName = { consortium, site, population };
  return newState(name, entry.key, { delta, epsilonMax, orders, budgets: parsePair(entry.budgets), witnesses });
}

/** Whether an entry may follow, and what it does. One rule for the writer before it writes and for whoever verifies. */
export function judge(state: LedgerState, index: number, entry: Entry, world: Judge): Apply | Fault {
  switch (entry.kind) {
    case 'create':
      return fault('create', 'creates a ledger that exists');
    case 'reserve':
    case 'spend':
    case 'return':
    case 'write-off':
      return judgeMovement(state, index, entry, world);
    case 'limit':
    case 'freeze':
    case 'unfreeze':
    case 'witnesses':
    case 'study':
      return judgeDecision(state, entry, world.readKey);
    case 'rotate':
      return state.keys.includes(entry.key) ? fault('signature', 'rotates to a key that signed before') : rotating(state, index, entry.key);
    case 'note':
      return () => undefined;
  }
}

function rotating(state: LedgerState, index: number, key: string): Apply {
  return () => {
    state.keys.push(key);
    state.keySince = index;
  };
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
