import { PopulationName, SiteName, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { Epsilon } from '../budgets/index.js';

const instant = z.iso.datetime();

/** A heading of GDPR Art. 30(1), what the software knows of it, and what a person has to write. */
export const RecordItem = z.object({
  point: z.string(),
  heading: z.string(),
  known: z.array(z.string()),
  toBeCompleted: z.array(z.string()),
});
export type RecordItem = z.infer<typeof RecordItem>;

/** What one study took of a population's budget. Epsilons of studies do not add up. */
export const ReportedStudy = z.object({
  hash: StudyHash,
  name: z.string().nullable(),
  purpose: z.string().nullable(),
  status: z.string(),
  /** Releases (a round for training, or for evaluation): spent in the period, spent in all, still reserved. */
  releases: z.object({ inPeriod: z.int(), inAll: z.int(), reserved: z.int() }),
  epsilonInPeriod: Epsilon,
  epsilonInAll: Epsilon,
  /** Numbers of the first and the last entry that spent in the period. */
  entries: z.object({ first: z.int(), last: z.int() }).nullable(),
});
export type ReportedStudy = z.infer<typeof ReportedStudy>;

export const ReportedPopulation = z.object({
  population: PopulationName,
  delta: z.number(),
  unit: z.literal('patient'),
  /** At the end of the period. */
  limit: Epsilon,
  spentBefore: Epsilon,
  spent: Epsilon,
  reserved: Epsilon,
  left: Epsilon,
  frozen: z.boolean(),
  studies: z.array(ReportedStudy),
  /** What people decided in the period. */
  decisions: z.array(z.object({ entry: z.int(), at: instant, what: z.string(), by: z.string() })),
  ledger: z.object({
    entries: z.int(),
    /** RFC 6962 root over all of them, hex, and its first eight words. */
    root: z.string(),
    headWords: z.string(),
    /** A quorum of witnesses has cosigned that none is missing. */
    cosigned: z.boolean(),
    /** The last entry that the period's numbers rest on. */
    lastEntry: z.int().nullable(),
  }),
});
export type ReportedPopulation = z.infer<typeof ReportedPopulation>;

/** The record of processing for a data-protection officer: every number from the mirrored ledgers, rounded to the careful side. */
export const DpoReport = z.object({
  schema: z.literal('consilium/dpo-report/v1'),
  title: z.string(),
  consortium: z.string(),
  site: SiteName,
  /** Days, both included, UTC. */
  from: z.iso.date(),
  to: z.iso.date(),
  createdAt: instant,
  createdBy: z.string(),
  record: z.array(RecordItem),
  populations: z.array(ReportedPopulation),
  privacyCard: z.array(z.object({ field: z.string(), value: z.string() })),
  notAttested: z.array(z.string()),
});
export type DpoReport = z.infer<typeof DpoReport>;
