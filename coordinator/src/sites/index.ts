export { CaChange, CaView } from './ca-change.js';
export { openServerIdentity, type ServerIdentity } from './server-identity.js';
export { SiteDirectory, type SiteDirectoryOptions } from './site-directory.js';
export { sitesThatFit } from './site-fit.js';
export { Invitation, RosterView, SiteFit, SiteView } from './site-views.js';
export { openTransportCa } from './transport-ca.js';
export { TransportTrust, type PresentedIdentity, type TransportTrustOptions } from './transport-trust.js';
