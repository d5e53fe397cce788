import { existsSync, readdirSync } from 'node:fs';
import { PopulationName } from '@consilium/protocol';
import type { StateLayout } from '../state/index.js';

const ENDING = '.jsonl';

/** Populations whose ledger lies here. */
export function ledgersHere({ ledgers }: Pick<StateLayout, 'ledgers'>): readonly PopulationName[] {
  if (!existsSync(ledgers)) return [];
  return readdirSync(ledgers).flatMap((file) =>
    file.endsWith(ENDING) ? (PopulationName.safeParse(file.slice(0, -ENDING.length)).data ?? []) : [],
  );
}
