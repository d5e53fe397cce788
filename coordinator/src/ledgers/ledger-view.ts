import { fingerprintWords } from '@consilium/identity';
import { rdpAccountant, shownBudget, type ShownSum } from '@consilium/ledger';
import { PopulationName, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import type { MirroredLedger } from './ledger-mirror.js';

/** PROTOCOL.md section 7, "What is shown": percent decides, epsilon is not additive. */
const Used = z.object({ percentUsed: z.number(), epsilonUsed: z.number(), epsilonLeft: z.number() });

/** A population's budget at a site, as the mirror has it. */
export const LedgerView = z.object({
  site: SiteName,
  population: PopulationName,
  /** Entries. */
  size: z.int(),
  /** Eight words over the root of all entries, to compare with consilium-site ledger head. */
  headWords: z.string(),
  /** Entries that the newest checkpoint covers, and when it came. */
  checkpoint: z.object({ size: z.int(), at: z.iso.datetime() }),
  epsilonLimit: z.number(),
  delta: z.number(),
  frozen: z.boolean(),
  /** Reserved or spent: what a new reservation is judged by. */
  held: Used,
  spent: Used,
  studies: z.int(),
});
export type LedgerView = z.infer<typeof LedgerView>;

const accountant = rdpAccountant();
const used = ({ percentUsed, epsilonUsed, epsilonLeft }: ShownSum) => ({ percentUsed, epsilonUsed, epsilonLeft });

export function ledgerView({ state, size, root, note }: MirroredLedger): LedgerView {
  const shown = shownBudget(state, accountant);
  return {
    site: note.site,
    population: note.population,
    size,
    headWords: fingerprintWords(root),
    checkpoint: { size: note.size, at: note.at.toISOString() },
    epsilonLimit: shown.epsilonMax,
    delta: shown.delta,
    frozen: shown.frozen,
    held: used(shown.held),
    spent: used(shown.spent),
    studies: state.studies.size,
  };
}
