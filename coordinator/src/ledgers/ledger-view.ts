import { Decimal } from '@consilium/privacy';
import { PopulationName, SiteName } from '@consilium/protocol';
import { z } from 'zod';

/** PROTOCOL.md section 7, "What is shown": percent decides, epsilon is not additive. */
const Used = z.object({ percentUsed: z.number(), epsilonUsed: z.number(), epsilonLeft: z.number() });

const Charge = z.tuple([Decimal, Decimal]);

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
  /** The two deciding orders, and what is held at them by whose patients: what a study is planned against. */
  orders: z.tuple([z.int(), z.int()]),
  charges: z.object({ training: Charge, evaluation: Charge }),
  studies: z.int(),
});
export type LedgerView = z.infer<typeof LedgerView>;
