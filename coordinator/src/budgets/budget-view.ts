import { PopulationName, SiteName, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { Epsilon } from './epsilon.js';
import { TighteningView } from './tightening-view.js';

const instant = z.iso.datetime();
const amount = z.string().regex(/^\d+\.\d{4}$/);

/** A study's part of a population's budget. Epsilons of studies do not add up: each is priced at its own best order. */
export const StudySpending = z.object({
  hash: StudyHash,
  /** Null for a study that this coordinator does not know. */
  name: z.string().nullable(),
  status: z.enum(['approved', 'paused', 'withdrawn', 'expired']),
  /** Spent or reserved. */
  epsilon: Epsilon,
  spent: Epsilon,
  rounds: z.object({ spent: z.int(), reserved: z.int() }),
});
export type StudySpending = z.infer<typeof StudySpending>;

/** A population's budget over all studies, computed from the ledger as mirrored here. */
export const BudgetView = z.object({
  site: SiteName,
  population: PopulationName,
  limit: Epsilon,
  spent: Epsilon,
  reserved: Epsilon,
  left: Epsilon,
  /** Of the limit, what is spent or reserved; rounded up. */
  percentUsed: z.number(),
  delta: z.number(),
  unit: z.literal('patient'),
  frozen: z.boolean(),
  /** Who froze it, in words. */
  frozenBy: z.string().nullable(),
  /** A day, if budget is taken as in the last 90 days. */
  projectedExhaustion: z.iso.date().nullable(),
  studies: z.array(StudySpending),
  /** After each entry that moved it; thinned to 500 points. Spent and reserved are rounded up, left down. */
  history: z.array(z.object({ at: instant, entry: z.int(), limit: amount, left: amount, reserved: amount, spent: amount })),
  /** What was asked of the site from here: what waits, and the last ones that were answered. */
  requests: z.array(TighteningView),
  looseningRequests: z.array(z.object({ epsilonLimit: z.string(), reason: z.string(), by: z.string(), at: instant })),
  /** The site's own file is the authority. */
  source: z.literal('mirror'),
  /** A quorum of witnesses has cosigned all that is mirrored; signatures and sums were checked as it came. */
  verified: z.boolean(),
  entries: z.int(),
  /** Eight words over the root of all entries, to compare with consilium-site ledger head. */
  headWords: z.string(),
});
export type BudgetView = z.infer<typeof BudgetView>;
