import { SiteName } from '@consilium/protocol';
import { z } from 'zod';
import type { AccountRow } from '../../storage/index.js';
import { Role } from '../permission/role.js';

/** An e-mail address as accounts have it. */
export const Email = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase());

/** A person's name: no control characters, which would tear logs and tables. */
export const PersonName = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(/^\P{Cc}*$/u, 'no control characters');

export const Theme = z.enum(['light', 'dark', 'auto']);

/** An account as admins see it. */
export const AccountView = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  roles: z.array(Role),
  /** What `site-it` and `compliance` are bound to. */
  sites: z.array(SiteName),
  state: z.enum(['invited', 'active', 'closed']),
  /** Has not used the link yet. */
  invited: z.boolean(),
  /** Whether a second factor is asked for. */
  totp: z.boolean(),
  /** Signs in at the consortium's OpenID provider, which also says what roles it has. */
  provider: z.boolean(),
  createdAt: z.iso.datetime(),
  lastSignIn: z.iso.datetime().nullable(),
});
export type AccountView = z.infer<typeof AccountView>;

/** What the audit log has of an account. */
export const accountNotes = ({ email, name, roles, sites, state }: Pick<AccountRow, 'email' | 'name' | 'roles' | 'sites' | 'state'>) => ({
  email,
  name,
  roles: [...roles],
  sites: [...sites],
  state,
});

export function accountView(row: AccountRow): AccountView {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    roles: rolesOf(row),
    sites: [...row.sites],
    state: row.state,
    invited: row.state === 'invited',
    totp: row.totp_confirmed,
    provider: row.provider_subject !== null,
    createdAt: row.created_at.toISOString(),
    lastSignIn: row.last_sign_in?.toISOString() ?? null,
  };
}

/** Roles that this version knows. */
export const rolesOf = (row: Pick<AccountRow, 'roles'>): Role[] => row.roles.filter((role): role is Role => Role.safeParse(role).success);
