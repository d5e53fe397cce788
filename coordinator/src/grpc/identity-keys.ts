import { ConsiliumError, type SiteName } from '@consilium/protocol';
import type { SiteDirectory } from '../sites/index.js';
import type { IdentityKeyOf } from './words-of-sites.js';

/** Looks identity keys up in the roster, and remembers them: at a roster epoch a site's keys never change. */
export function identityKeys(sites: SiteDirectory): IdentityKeyOf {
  const known = new Map<SiteName, Buffer>();
  return async (site) => {
    const remembered = known.get(site);
    if (remembered) return remembered;
    const { members } = await sites.roster();
    for (const member of members) known.set(member.site as SiteName, member.identityKey);
    const key = known.get(site);
    if (key) return key;
    throw new ConsiliumError({
      code: 'SITE_UNKNOWN',
      errorClass: 'forbidden',
      message: `The roster has no site named ${site}.`,
      fix: 'Admit the site first.',
    });
  };
}
