import { z } from 'zod';
import { call, callAll } from './client.js';

export const SiteView = z.object({
  site: z.string(),
  state: z.enum(['invited', 'pending', 'admitted', 'revoked']),
  connected: z.boolean(),
  position: z.int().nullable().default(null),
  agentVersion: z.string().nullable().default(null),
  engine: z.string().nullable().default(null),
  cohorts: z.array(z.string()).default([]),
  lastSeen: z.string().nullable().default(null),
  certificateEnds: z.string().nullable().default(null),
  certificateWarning: z.string().nullable().default(null),
  countersigned: z.int().nullable().default(null),
  words: z.string().nullable().default(null),
});
export type SiteView = z.infer<typeof SiteView>;

export const Roster = z.object({
  epoch: z.int(),
  words: z.string(),
  members: z.array(z.object({ site: z.string(), words: z.string(), countersigned: z.boolean(), identityKeys: z.array(z.string()) })),
});
export type Roster = z.infer<typeof Roster>;

const Invitation = z.object({ site: z.string(), token: z.string(), expiresAt: z.string() });

export const listSites = (signal?: AbortSignal) => callAll(SiteView, '/sites', signal);
export const readRoster = (signal?: AbortSignal) => call(Roster, '/roster', { signal });
export const invite = (site: string, expires: string) =>
  call(Invitation, '/sites/invitations', { method: 'POST', body: { site, expires } });
export const admit = (site: string) => call(SiteView, `/sites/${site}/admission`, { method: 'POST', body: {} });
export const revoke = (site: string) => call(SiteView, `/sites/${site}/revocation`, { method: 'POST', body: {} });
