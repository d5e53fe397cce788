import { join } from 'node:path';
import type { PopulationName } from '@consilium/protocol';

/** The files of one ledger. By population: a renamed or second cohort over it finds the same ones. */
export interface LedgerPlace {
  /** JSON Lines. */
  readonly lines: string;
  /** The last checkpoint that the quorum cosigned and the mirror acknowledged. */
  readonly checkpoint: string;
  readonly lock: string;
}

/** @param folder - of all ledgers of the site, made beforehand, mode 0700 */
export function ledgerPlace(folder: string, population: PopulationName): LedgerPlace {
  return {
    lines: join(folder, `${population}.jsonl`),
    checkpoint: join(folder, `${population}.note`),
    lock: join(folder, `${population}.lock`),
  };
}
