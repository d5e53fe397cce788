import { BLOCK_ROUNDS, type Purpose } from '../entries/entry.js';
import { holdingKey, type LedgerState } from './state.js';
import type { Pair } from './sums.js';

/** How many more rounds of this price the population's budget holds: the most over both orders (PROTOCOL.md section 7). */
export function affordableRounds({ terms, totals }: LedgerState, purpose: Purpose, price: Pair, most: number = BLOCK_ROUNDS): number {
  const { held } = totals[purpose];
  const fits = ([0, 1] as const).map((k) => {
    const room = terms.budgets[k] - held[k];
    if (terms.budgets[k] <= 0n || room < 0n) return 0;
    return price[k] === 0n ? most : Number(min(room / price[k], BigInt(most)));
  });
  return Math.max(...fits);
}

/** Whether the next block is to be reserved: none yet, or half of the last one is used. */
export function isBlockDue(state: LedgerState, study: string, purpose: Purpose): boolean {
  const record = state.studies.get(study);
  const last = record?.lastBlock.get(purpose);
  if (record === undefined || last === undefined) return true;
  let unused = 0;
  for (const [key, holding] of record.holdings) if (holding.status === 'reserved' && key.startsWith(`${purpose} `)) unused += 1;
  return unused * 2 <= last;
}

/** Of the rounds that are to come, those that the next block would reserve: not held yet, in order, at most 50. */
export function nextBlock(state: LedgerState, study: string, purpose: Purpose, upcoming: readonly number[]): readonly number[] {
  const holdings = state.studies.get(study)?.holdings;
  return upcoming.filter((round) => holdings?.has(holdingKey(purpose, round)) !== true).slice(0, BLOCK_ROUNDS);
}

function min(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
