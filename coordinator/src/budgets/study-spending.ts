import { PURPOSES } from '@consilium/ledger';
import { epsilonAtOrder } from '@consilium/privacy';
import type { Grid, HeldRound } from './budget-record.js';

/**
 * The epsilon of rounds by themselves, at the order that suits them best: their divergences add at each order of the
 * grid, and convert by Canonne, Kamath, Steinke 2020, Proposition 12. Training and evaluation patients are different
 * people: the larger counts. It tells what one study cost; what decides is the ledger's own rule (PROTOCOL.md section 7).
 * @param delta - of the population
 * @returns 0 for no rounds
 */
export function epsilonOfRounds(rounds: Iterable<HeldRound>, delta: number): number {
  const all = [...rounds];
  return Math.max(
    ...PURPOSES.map((purpose) => {
      const grids = all.filter((one) => one.purpose === purpose).map(({ grid }) => grid);
      return grids.length === 0 ? 0 : epsilonOfGrids(grids, delta);
    }),
  );
}

function epsilonOfGrids(grids: readonly Grid[], delta: number): number {
  const counts = new Map<Grid, number>();
  for (const grid of grids) counts.set(grid, (counts.get(grid) ?? 0) + 1);
  const parts = [...counts];
  const orders = Object.keys(parts[0]?.[0] ?? {}).filter((order) => parts.every(([grid]) => order in grid));
  const candidates = orders.map((order) => {
    const sum = parts.reduce((total, [grid, count]) => total + count * Number(grid[order]), 0);
    return epsilonAtOrder(Number(order), sum * ROUNDING, delta);
  });
  return Math.min(...candidates);
}

/** More than a sum of so many doubles can be off. */
const ROUNDING = 1 + 1e-9;
