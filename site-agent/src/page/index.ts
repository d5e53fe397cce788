export { makePageLink, LINK_MS } from './page-links.js';
export { serveSitePage, type SitePage, type SitePageSetup } from './serve-page.js';
