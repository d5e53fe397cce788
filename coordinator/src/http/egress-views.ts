import { PopulationName, SiteName, StudyHash } from '@consilium/protocol';
import { z } from 'zod';

const kind = z.enum(['ciphertext', 'metadata', 'model']);

/** Something that left a site, as it was received here. In the order of the columns of the CSV. */
export const EgressItem = z.object({
  at: z.iso.datetime(),
  site: SiteName,
  study: StudyHash,
  round: z.int().nullable(),
  /** `metadata` is a signed statement of totals. */
  kind,
  bytes: z.int(),
  sha256: z.string().nullable(),
  destination: z.literal('coordinator'),
  /** Known at the site alone; its own record has it. */
  ledgerEntry: z.null(),
});
export type EgressItem = z.infer<typeof EgressItem>;

export const EgressPage = z.object({
  items: z.array(EgressItem),
  nextCursor: z.string().nullable(),
  /** Over all pages; on the first one only. */
  totals: z
    .object({
      days: z.array(z.object({ day: z.iso.date(), kind, items: z.int(), bytes: z.int() })),
      /** The copies of the sites' budget ledgers. */
      ledgers: z.array(z.object({ site: SiteName, population: PopulationName, entries: z.int(), bytes: z.int() })),
    })
    .nullable(),
});
export type EgressPage = z.infer<typeof EgressPage>;
