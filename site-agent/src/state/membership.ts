import type { Roster } from '@consilium/identity';
import { ConsiliumError, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from './site-state.js';

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `${bytes} bytes as hex`);

/** The members' keys as this site holds them: what every signature and seal is checked against. */
export const StoredRoster = z.strictObject({
  consortium: z.string(),
  epoch: z.int().min(0),
  /** In roster order. */
  members: z.array(z.strictObject({ site: SiteName, identityKey: hex(32), sealingKey: hex(1216) })),
});
export type StoredRoster = z.infer<typeof StoredRoster>;

/** The form in which a checked roster is stored. */
export const storedRoster = ({ consortium, epoch, members }: Roster): StoredRoster => ({
  consortium,
  epoch,
  members: members.map(({ site, identityKey, sealingKey }) => ({
    site,
    identityKey: Buffer.from(identityKey).toString('hex'),
    sealingKey: Buffer.from(sealingKey).toString('hex'),
  })),
});

/** What this site got when it was admitted. */
export interface Membership {
  readonly consortium: string;
  readonly site: SiteName;
  /** host:port */
  readonly coordinator: string;
  readonly caPem: string;
  readonly certificatePem: string;
  readonly roster: StoredRoster;
  readonly joinedAt: string;
}

const Row = z.object({
  consortium: z.string(),
  site: SiteName,
  coordinator: z.string(),
  ca_pem: z.string(),
  certificate_pem: z.string(),
  roster: z.string(),
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
    roster: StoredRoster.parse(JSON.parse(row.roster)),
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
      `INSERT OR REPLACE INTO membership (only_one, consortium, site, coordinator, ca_pem, certificate_pem, roster, joined_at)
       VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      membership.consortium,
      membership.site,
      membership.coordinator,
      membership.caPem,
      membership.certificatePem,
      JSON.stringify(membership.roster),
      membership.joinedAt,
    );
}

/** Replaces the roster with one that the coordinator handed out later. */
export function saveRoster(state: SiteState, roster: StoredRoster): void {
  state.database.prepare('UPDATE membership SET roster = ?').run(JSON.stringify(StoredRoster.parse(roster)));
}
