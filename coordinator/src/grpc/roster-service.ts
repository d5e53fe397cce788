import type { RosterServiceServer } from '@consilium/protocol/wire';
import type { SiteDirectory } from '../sites/index.js';
import { forSite, type CallContext } from './handlers.js';

/** The members' keys, for members. */
export function rosterService(context: CallContext, sites: SiteDirectory): RosterServiceServer {
  return { get: forSite(context, 'Roster.Get', async () => ({ roster: await sites.roster() })) };
}
