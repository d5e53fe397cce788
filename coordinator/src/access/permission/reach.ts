import type { SiteName } from '@consilium/protocol';
import type { Role } from './role.js';

/** Whose data a request may touch: everybody's, or that of some sites. */
export type Reach = 'all' | ReadonlySet<SiteName>;

/** What decides: an account's roles, and the sites that `site-it` and `compliance` are bound to. */
export interface Bound {
  readonly roles: readonly Role[];
  /** None: every site for `compliance`, no site for `site-it`. */
  readonly sites: readonly SiteName[];
}

/**
 * How far a person reaches where `permitted` roles may do something: only the roles that are permitted count, and the
 * widest of them decides.
 * @returns undefined where none of the person's roles is permitted
 */
export function reachOf({ roles, sites }: Bound, permitted: readonly Role[]): Reach | undefined {
  const counting = roles.filter((role) => permitted.includes(role));
  if (counting.length === 0) return undefined;
  const wide = counting.some((role) => role === 'admin' || role === 'researcher' || (role === 'compliance' && sites.length === 0));
  return wide ? 'all' : new Set(sites);
}

export function reaches(reach: Reach, site: string): boolean {
  return reach === 'all' || (reach as ReadonlySet<string>).has(site);
}
