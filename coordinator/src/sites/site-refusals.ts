import { ConsiliumError, type SiteName } from '@consilium/protocol';
import type { SiteRow } from '../storage/index.js';

export function unknownSite(site: SiteName): ConsiliumError {
  return new ConsiliumError({
    code: 'SITE_UNKNOWN',
    errorClass: 'usage',
    message: `There is no site named ${site}.`,
    fix: `List the sites (consilium site list), or invite it (consilium site invite ${site}).`,
  });
}

export function keysTaken(): ConsiliumError {
  return new ConsiliumError({
    code: 'KEYS_TAKEN',
    errorClass: 'refused',
    message: 'Another site of this consortium has the same keys.',
    fix: 'Give each site a state directory of its own, and join again from an empty one.',
  });
}

/** A member has come back with a token, but not with the keys that the roster has for it. */
export function otherKeys(site: SiteName): ConsiliumError {
  return new ConsiliumError({
    code: 'KEYS_DIFFER',
    errorClass: 'refused',
    message: `${site} is a member with other keys than these.`,
    fix: `Join with the keys that it has; if they are lost or stolen, the admin revokes it first (consilium site revoke ${site}), then invites it again.`,
  });
}

export function noMember(site: SiteName): ConsiliumError {
  return new ConsiliumError({
    code: 'CERTIFICATE_REFUSED',
    errorClass: 'forbidden',
    message: `${site} is no longer a member.`,
    fix: "Ask the consortium's admin whether this site is still admitted.",
  });
}

/** Why a site that is not pending cannot be admitted; nothing where it is a member already. */
export function admissionRefused(site: SiteName, row: SiteRow | undefined): ConsiliumError | undefined {
  if (!row) return unknownSite(site);
  if (row.state === 'admitted') return undefined;
  const refuse = (code: string, message: string, fix: string) => new ConsiliumError({ code, errorClass: 'refused', message, fix });
  return row.state === 'invited'
    ? refuse(
        'SITE_NOT_JOINED',
        `${site} has been invited, but has not sent its keys yet.`,
        'Its IT runs consilium-site join with the token.',
      )
    : refuse('SITE_REVOKED', `${site} has been revoked.`, `Invite it again: consilium site invite ${site}.`);
}
