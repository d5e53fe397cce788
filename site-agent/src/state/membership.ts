import { ConsiliumError, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from './site-state.js';

/** What this site got when it was admitted. */
export interface Membership {
  readonly consortium: string;
  readonly site: SiteName;
  /** host:port */
  readonly coordinator: string;
  /** The consortium's CA; while it is replaced also the one before, newest first. */
  readonly caPem: string;
  readonly certificatePem: string;
  readonly joinedAt: string;
}

const Row = z.object({
  consortium: z.string(),
  site: SiteName,
  coordinator: z.string(),
  ca_pem: z.string(),
  certificate_pem: z.string(),
  joined_at: z.string(),
});

/** @returns undefined before the site has joined */
export function findMembership(state: SiteState): Membership | undefined {
  const found = state.database.prepare('SELECT * FROM membership').get();
  if (found === undefined) return undefined;
  const row = Row.parse(found);
  return {
    consortium: row.consortium,
    site: row.site,
    coordinator: row.coordinator,
    caPem: row.ca_pem,
    certificatePem: row.certificate_pem,
    joinedAt: row.joined_at,
  };
}

/** @throws ConsiliumError NOT_JOINED */
export function readMembership(state: SiteState): Membership {
  const membership = findMembership(state);
  if (membership === undefined)
    throw new ConsiliumError({
      code: 'NOT_JOINED',
      errorClass: 'forbidden',
      message: 'This site has not joined a consortium yet.',
      fix: 'Run: consilium-site join --token-file FILE',
    });
  return membership;
}

export function saveMembership(state: SiteState, membership: Membership): void {
  state.database
    .prepare(
      `INSERT OR REPLACE INTO membership (only_one, consortium, site, coordinator, ca_pem, certificate_pem, joined_at)
       VALUES (1, ?, ?, ?, ?, ?, ?)`,
    )
    .run(membership.consortium, membership.site, membership.coordinator, membership.caPem, membership.certificatePem, membership.joinedAt);
}

/** What a renewal gave: the certificate, and the CAs that are trusted from now on, one PEM after the other. */
export function saveCertificate(state: SiteState, { certificatePem, caPem }: Pick<Membership, 'certificatePem' | 'caPem'>): void {
  state.database.prepare('UPDATE membership SET certificate_pem = ?, ca_pem = ?').run(certificatePem, caPem);
}
