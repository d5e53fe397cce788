import { ConsiliumError, statementJson, type SiteName } from '@consilium/protocol';
import { rosterStatement } from './roster-chain.js';
import { memberOf, type Roster } from './roster.js';
import { verifyStatement } from './statement-signature.js';

/**
 * Checks one member's signature over a roster, with the key that the roster itself has for that member.
 * @param signature - 64 bytes
 * @throws ConsiliumError COUNTERSIGNATURE_INVALID: not by that member, or over another roster of that epoch
 */
export function checkCountersignature(roster: Roster, site: SiteName, signature: Uint8Array): void {
  try {
    verifyStatement('roster', statementJson('roster', rosterStatement(roster, site)), signature, memberOf(roster, site).identityKey);
  } catch (cause) {
    throw new ConsiliumError({
      code: 'COUNTERSIGNATURE_INVALID',
      errorClass: 'verification',
      message: `The countersignature of ${site} is not over this roster of epoch ${roster.epoch}.`,
      fix: "Compare the roster's words with that site by phone (consilium-site roster show): two members may have been shown two rosters.",
      cause,
    });
  }
}
