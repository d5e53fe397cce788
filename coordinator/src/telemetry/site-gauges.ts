import type { SiteDirectory } from '../sites/index.js';
import type { Metrics } from './metrics.js';

/** Brings the gauges about sites up to date whenever they are read. */
export function measureSites(metrics: Metrics, directory: SiteDirectory): void {
  metrics.beforeScrape(async () => {
    const sites = await directory.list();
    for (const state of ['invited', 'pending', 'admitted', 'revoked'] as const)
      metrics.sites.set({ state }, sites.filter((site) => site.state === state).length);
    for (const { site, lastSeen, certificateEnds } of sites) {
      if (lastSeen !== null) metrics.siteLastSeen.set({ site }, Date.parse(lastSeen) / 1_000);
      if (certificateEnds !== null) metrics.siteCertificateExpiry.set({ site }, Date.parse(certificateEnds) / 1_000);
    }
  });
}
