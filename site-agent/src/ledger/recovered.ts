import type { PopulationName } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../state/index.js';

const Row = z.object({ size: z.int() });

/** Rounds reserved before this entry are never given back: the disk came back older, and may have forgotten an upload. */
export function recoveredUpTo(state: SiteState, population: PopulationName): number {
  const row = state.database.prepare('SELECT size FROM ledger_recovered WHERE population = ?').get(population);
  return row === undefined ? 0 : Row.parse(row).size;
}

/** Durable when it returns. */
export function markRecovered(state: SiteState, population: PopulationName, size: number): void {
  state.database
    .prepare(
      `INSERT INTO ledger_recovered (population, size) VALUES (?, ?)
       ON CONFLICT (population) DO UPDATE SET size = max(size, excluded.size)`,
    )
    .run(population, size);
}
