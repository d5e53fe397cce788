import type { Purpose } from '../entries/entry.js';
import { fault, type Fault } from './fault.js';
import { holdingKey, type Holding, type HoldingKey, type LedgerState, type StudyRecord } from './state.js';
import { isAdmitted, plus, type Pair, type Totals } from './sums.js';

/** What an entry does to the rounds of a study and to the sums. */
export interface Movement {
  readonly totals: Totals;
  /** A round without a holding is free again. */
  readonly changes: readonly (readonly [HoldingKey, Holding | undefined])[];
}

/** Rounds of one purpose, and what one of them costs. */
export interface PricedRounds {
  readonly purpose: Purpose;
  readonly rounds: readonly number[];
  readonly price: Pair;
}

export interface SomeRounds {
  readonly purpose: Purpose;
  readonly rounds: readonly number[];
}

/** Holds rounds that nobody holds, if both sums still pass. @param index - of the entry that does it */
export function reserving(state: LedgerState, study: string, items: readonly PricedRounds[], index: number): Movement | Fault {
  const open = openStudy(state, study);
  if ('fault' in open) return open;
  let { totals } = state;
  const changes: [HoldingKey, Holding][] = [];
  for (const { purpose, rounds, price } of items) {
    for (const round of rounds) {
      const key = holdingKey(purpose, round);
      if (open.holdings.has(key)) return fault('round-held', `reserves ${key} of a study that holds it already`);
      changes.push([key, { status: 'reserved', reserve: index, price }]);
    }
    const held = plus(totals[purpose].held, price, BigInt(rounds.length));
    if (!isAdmitted(held, state.terms.budgets))
      return fault('over-budget', `would bring the ${purpose} sums past the budget at both orders`);
    totals = { ...totals, [purpose]: { ...totals[purpose], held } };
  }
  return { totals, changes };
}

/** Spends rounds that are reserved. What is spent must fit the limit as it stands now: it may have been tightened since. */
export function spending(state: LedgerState, study: string, round: number, purposes: readonly Purpose[]): Movement | Fault {
  const open = openStudy(state, study);
  if ('fault' in open) return open;
  let { totals } = state;
  const changes: [HoldingKey, Holding][] = [];
  for (const purpose of purposes) {
    const key = holdingKey(purpose, round);
    const holding = open.holdings.get(key);
    if (holding?.status !== 'reserved') return fault('round-not-reserved', `spends ${key}, which is ${holding?.status ?? 'not reserved'}`);
    const spent = plus(totals[purpose].spent, holding.price);
    if (!isAdmitted(spent, state.terms.budgets)) return fault('over-budget', `would spend past the budget at both orders for ${purpose}`);
    totals = { ...totals, [purpose]: { ...totals[purpose], spent } };
    changes.push([key, { ...holding, status: 'spent' }]);
  }
  return { totals, changes };
}

/** Gives reserved rounds back, if the site uploaded for no purpose in them. */
export function returning(state: LedgerState, study: string, items: readonly SomeRounds[]): Movement | Fault {
  return each(state, study, items, (record, { purpose, round, holding }) => {
    if (holding?.status !== 'reserved')
      return fault('round-not-reserved', `returns ${purpose} ${round}, which is ${holding?.status ?? 'not reserved'}`);
    const other = record.holdings.get(holdingKey(purpose === 'training' ? 'evaluation' : 'training', round));
    if (other?.status === 'spent') return fault('round-uploaded', `returns ${purpose} ${round}, in which the site uploaded`);
    return { held: -1n, spent: 0n, holding: undefined };
  });
}

/** Gives back a round that nobody can open any more, for good: whoever holds its abort certificate may. */
export function aborting(state: LedgerState, study: string, items: readonly SomeRounds[]): Movement | Fault {
  return each(state, study, items, (_, { purpose, round, holding }) => {
    if (holding === undefined || holding.status === 'aborted')
      return fault('round-not-reserved', `returns ${purpose} ${round}, which is ${holding?.status ?? 'not reserved'}`);
    return { held: -1n, spent: holding.status === 'spent' ? -1n : 0n, holding: { ...holding, status: 'aborted' } };
  });
}

/** Counts reserved rounds as spent. */
export function writingOff(state: LedgerState, study: string, items: readonly SomeRounds[]): Movement | Fault {
  return each(state, study, items, (_, { purpose, round, holding }) =>
    holding?.status === 'reserved'
      ? { held: 0n, spent: 1n, holding: { ...holding, status: 'spent' } }
      : fault('round-not-reserved', `writes off ${purpose} ${round}, which is ${holding?.status ?? 'not reserved'}`),
  );
}

interface OneRound {
  readonly purpose: Purpose;
  readonly round: number;
  readonly holding: Holding | undefined;
}

/** How often the price of a round is added to each sum, and what stands for the round afterwards. */
interface Turn {
  readonly held: bigint;
  readonly spent: bigint;
  readonly holding: Holding | undefined;
}

function each(
  state: LedgerState,
  study: string,
  items: readonly SomeRounds[],
  turn: (record: StudyRecord, one: OneRound) => Turn | Fault,
): Movement | Fault {
  const record = state.studies.get(study);
  if (record === undefined) return fault('not-approved', 'is about a study that the site never approved');
  let { totals } = state;
  const changes: [HoldingKey, Holding | undefined][] = [];
  for (const { purpose, rounds } of items)
    for (const round of rounds) {
      const key = holdingKey(purpose, round);
      const holding = record.holdings.get(key);
      const turned = turn(record, { purpose, round, holding });
      if ('fault' in turned) return turned;
      const price = holding?.price ?? [0n, 0n];
      const { held, spent } = totals[purpose];
      totals = { ...totals, [purpose]: { held: plus(held, price, turned.held), spent: plus(spent, price, turned.spent) } };
      changes.push([key, turned.holding]);
    }
  return { totals, changes };
}

/** The record of a study whose rounds may be reserved and spent now. */
export function openStudy(state: LedgerState, study: string): StudyRecord | Fault {
  const record = state.studies.get(study);
  if (state.frozen !== undefined) return fault('frozen', 'uses a population that is frozen');
  if (record?.status !== 'approved')
    return fault(
      'not-approved',
      record === undefined ? 'is about a study that the site never approved' : `is about a study that is ${record.status}`,
    );
  return record;
}
