import { memberWords } from '@consilium/identity';
import { SiteName } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteRow } from '../storage/index.js';

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
  /** A sentence where the certificate ends soon: it renews by itself long before, so something keeps it from doing so. */
  certificateWarning: z.string().nullable(),
  /** The newest roster epoch that the site has countersigned. */
  countersigned: z.int().nullable(),
  /** Eight words over both public keys, to compare with what the site shows. */
  words: z.string().nullable(),
});
export type SiteView = z.infer<typeof SiteView>;

/** The members' keys as people compare them. */
export const RosterView = z.object({
  epoch: z.int(),
  /** Eight words over the whole roster. */
  words: z.string(),
  members: z.array(
    z.object({
      site: SiteName,
      words: z.string(),
      countersigned: z.boolean(),
      /** Ed25519 public keys that the site has had, hex, newest last: what ledgers are verified with. */
      identityKeys: z.array(z.string()),
    }),
  ),
});
export type RosterView = z.infer<typeof RosterView>;

/** What is known of a site besides its row. */
export interface SiteFacts {
  readonly connected: boolean;
  readonly certificateEnds: Date | undefined;
  readonly countersigned: number | undefined;
  readonly now: Date;
}

/** A certificate renews at two thirds of its life; one that has less than this left has failed to. */
const WARN_BEFORE_MS = 14 * 86_400_000;

export function siteView(row: SiteRow, { connected, certificateEnds, countersigned, now }: SiteFacts): SiteView {
  const { identity_key: identityKey, sealing_key: sealingKey } = row;
  return {
    site: row.name,
    state: row.state,
    connected,
    position: row.position,
    agentVersion: row.agent_version,
    engine: row.engine,
    cohorts: [...row.cohorts],
    lastSeen: row.last_seen?.toISOString() ?? null,
    certificateEnds: certificateEnds?.toISOString() ?? null,
    certificateWarning: row.state === 'admitted' && certificateEnds ? warning(row.name, certificateEnds, now) : null,
    countersigned: countersigned ?? null,
    words: identityKey && sealingKey ? memberWords({ identityKey, sealingKey }) : null,
  };
}

function warning(site: SiteName, ends: Date, now: Date): string | null {
  const left = ends.getTime() - now.getTime();
  if (left > WARN_BEFORE_MS) return null;
  return left <= 0
    ? `The certificate of ${site} expired on ${ends.toISOString()}. Invite it again (consilium site invite ${site}); its IT joins with the token.`
    : `The certificate of ${site} ends on ${ends.toISOString()} and has not been renewed. Its agent renews it when it is connected.`;
}

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
