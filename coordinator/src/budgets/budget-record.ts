import { Entry, rdpAccountant, type EntryOf, type FilterTerms, type Purpose } from '@consilium/ledger';

/** Divergences of one round by order, decimals rounded up, as its reserve has them. */
export type Grid = Readonly<Record<string, string>>;

type Sums = EntryOf<'spend'>['after'];

/** How a budget stood after an entry. Epsilons as PROTOCOL.md section 7 shows them: used is rounded up, left down. */
export interface BudgetPoint {
  readonly at: string;
  readonly entry: number;
  readonly limit: number;
  readonly spent: number;
  /** Spent or reserved. */
  readonly held: number;
  readonly left: number;
}

/** One round of one study that holds budget, for one purpose. */
export interface HeldRound {
  readonly study: string;
  readonly purpose: Purpose;
  readonly round: number;
  readonly grid: Grid;
  /** Number of the entry that reserved it, and of the one that spent it. */
  readonly reservedBy: number;
  readonly spentBy: number | undefined;
  readonly spentAt: string | undefined;
}

/**
 * What people ask of a ledger besides its state: how the budget moved, and what each round cost at all orders. Built
 * line by line; its owner changes it in place.
 */
export interface BudgetRecord {
  size: number;
  terms: FilterTerms | undefined;
  sums: Sums;
  readonly points: BudgetPoint[];
  /** By study, purpose and round. */
  readonly rounds: Map<string, HeldRound>;
}

const ZERO: [string, string] = ['0.000000000000', '0.000000000000'];
const NOTHING = { held: ZERO, spent: ZERO };

export function emptyRecord(): BudgetRecord {
  return { size: 0, terms: undefined, sums: { training: NOTHING, evaluation: NOTHING }, points: [], rounds: new Map() };
}

const accountant = rdpAccountant();

/** Adds a line that the mirror has checked. @throws where it is none */
export function addToRecord(record: BudgetRecord, line: Uint8Array): void {
  const { entry: json } = JSON.parse(Buffer.from(line).toString('utf8')) as { readonly entry: unknown };
  const entry = Entry.parse(json);
  record.size += 1;
  switch (entry.kind) {
    case 'create':
      record.terms = { delta: entry.delta, epsilonMax: entry.epsilonMax, orders: entry.orders };
      break;
    case 'limit':
      if (record.terms) record.terms = { ...record.terms, epsilonMax: entry.epsilonMax };
      break;
    case 'reserve':
      reserve(record, entry);
      break;
    case 'spend':
      for (const purpose of entry.purposes) spend(record, entry, purpose, entry.round);
      break;
    case 'write-off':
      for (const { purpose, rounds } of entry.items) for (const round of rounds) spend(record, entry, purpose, round);
      break;
    case 'return':
      for (const { purpose, rounds } of entry.items) for (const round of rounds) record.rounds.delete(keyOf(entry.study, purpose, round));
      break;
    default:
      return;
  }
  if ('after' in entry) record.sums = entry.after;
  const point = pointOf(record, entry);
  if (point) record.points.push(point);
}

function reserve({ rounds: held }: BudgetRecord, { study, items, index }: EntryOf<'reserve'>): void {
  for (const { purpose, rounds, grid } of items)
    for (const round of rounds)
      held.set(keyOf(study, purpose, round), {
        study,
        purpose,
        round,
        grid,
        reservedBy: index,
        spentBy: undefined,
        spentAt: undefined,
      });
}

function spend({ rounds }: BudgetRecord, { study, index, at }: EntryOf<'spend' | 'write-off'>, purpose: Purpose, round: number): void {
  const key = keyOf(study, purpose, round);
  const known = rounds.get(key);
  if (known) rounds.set(key, { ...known, spentBy: index, spentAt: at });
}

function pointOf({ terms, sums: { training, evaluation } }: BudgetRecord, { at, index }: Entry): BudgetPoint | undefined {
  if (terms === undefined) return undefined;
  const held = accountant.shown(terms, [training.held, evaluation.held]);
  const spent = accountant.shown(terms, [training.spent, evaluation.spent]);
  return { at, entry: index, limit: terms.epsilonMax, spent: spent.epsilonUsed, held: held.epsilonUsed, left: held.epsilonLeft };
}

const keyOf = (study: string, purpose: Purpose, round: number): string => `${study} ${purpose} ${round}`;
