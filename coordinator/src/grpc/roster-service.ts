import type { RosterServiceServer } from '@consilium/protocol/wire';
import type { SiteDirectory } from '../sites/index.js';
import { forSite, type CallContext } from './handlers.js';

/** The members' keys, for members, and their signatures over them. */
export function rosterService(context: CallContext, sites: SiteDirectory): RosterServiceServer {
  return {
    get: forSite(context, 'Roster.Get', (_site, { fromEpoch }) => sites.rosters.after(fromEpoch)),
    countersign: forSite(context, 'Roster.Countersign', async (site, { epoch, signature }) => {
      await sites.rosters.countersign(site, epoch, signature, new Date());
      return {};
    }),
  };
}
