import { memberOf } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import type { SiteDirectory } from '../sites/index.js';
import type { IdentityKeyOf } from './words-of-sites.js';

/** Identity keys as the newest roster has them. What holds in a study, its sites check themselves. */
export function identityKeys(sites: SiteDirectory): IdentityKeyOf {
  return async (site) => {
    const roster = await sites.roster();
    if (roster.members.some((member) => member.site === site)) return Buffer.from(memberOf(roster, site).identityKey);
    throw new ConsiliumError({
      code: 'SITE_UNKNOWN',
      errorClass: 'forbidden',
      message: `The roster has no site named ${site}.`,
      fix: 'Admit the site first.',
    });
  };
}
