import type { SiteName } from '@consilium/protocol';
import type { Role } from '../permission/role.js';
import type { ProviderConfig } from './provider-config.js';

/**
 * What the provider's claims make of a person, by the rules of coordinator.yaml. Where one rule gives a role over all
 * sites and another binds the same role, the wider one counts.
 * @returns no roles where no rule fits: such a person has no account here
 */
export function rolesOfClaims(
  claims: Readonly<Record<string, unknown>>,
  { claim, rules }: ProviderConfig['roles'],
): { readonly roles: Role[]; readonly sites: SiteName[] } {
  const given = claims[claim];
  const values = new Set((Array.isArray(given) ? given : [given]).filter((value) => typeof value === 'string'));
  const fitting = rules.filter(({ value }) => values.has(value));
  const roles = [...new Set(fitting.map(({ role }) => role))];
  const wide = fitting.some(({ role, sites }) => role === 'compliance' && sites.length === 0);
  const binding = fitting.filter(({ role }) => role === 'site-it' || (role === 'compliance' && !wide));
  return { roles, sites: [...new Set(binding.flatMap(({ sites }) => sites))] };
}
