import { SiteName } from '@consilium/protocol';
import { z } from 'zod';

const instant = z.iso.datetime();

/** A site as people see it. */
export const SiteView = z.object({
  site: SiteName,
  state: z.enum(['invited', 'pending', 'admitted', 'revoked']),
  connected: z.boolean(),
  /** Place in the roster, from 0. */
  position: z.int().nullable(),
  agentVersion: z.string().nullable(),
  engine: z.string().nullable(),
  cohorts: z.array(z.string()),
  lastSeen: instant.nullable(),
  certificateEnds: instant.nullable(),
  /** Eight words over both public keys, to compare with what the site shows. */
  words: z.string().nullable(),
});
export type SiteView = z.infer<typeof SiteView>;

/** The token is shown once and kept nowhere. */
export const Invitation = z.object({ site: SiteName, token: z.string(), expiresAt: instant });
export type Invitation = z.infer<typeof Invitation>;

/** Whether a site could take part in a study, as far as the coordinator can tell. */
export const SiteFit = z.object({
  site: SiteName,
  couldRun: z.boolean(),
  connected: z.boolean(),
  sentence: z.string(),
  fix: z.string().nullable(),
});
export type SiteFit = z.infer<typeof SiteFit>;
