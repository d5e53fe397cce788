import type { EnrolmentServiceServer } from '@consilium/protocol/wire';
import type { SiteDirectory } from '../sites/index.js';
import { forSite, unary, type CallContext } from './handlers.js';

/** A hospital becomes a member, and stays one: `Join` alone is open to callers without a certificate. */
export function enrolmentService(context: CallContext, sites: SiteDirectory): EnrolmentServiceServer {
  return {
    join: unary(context, 'Enrolment.Join', ({ request }) => sites.join(request)),
    renew: forSite(context, 'Enrolment.Renew', (site, { csr }) => sites.renew(site, csr)),
  };
}
