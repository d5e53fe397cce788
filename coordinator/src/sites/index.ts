export { openServerIdentity, type ServerIdentity } from './server-identity.js';
export { SiteDirectory, type SiteDirectoryOptions } from './site-directory.js';
export { sitesThatFit } from './site-fit.js';
export { Invitation, SiteFit, SiteView } from './site-views.js';
export { openTransportCa } from './transport-ca.js';
