import type { SiteDirectory } from '../sites/index.js';
import type { Metrics } from './metrics.js';

/** Brings the gauges about sites up to date whenever they are read. */
export function measureSites(metrics: Metrics, directory: SiteDirectory): void {
  metrics.beforeScrape(async () => {
    const sites = await directory.list();
    for (const state of ['invited', 'pending', 'admitted', 'revoked'] as const)
      metrics.sites.set({ state }, sites.filter((site) => site.state === state).length);
    // A site that was revoked is silent for good, and its certificate ends unrenewed: nobody is to be woken for it.
    metrics.siteLastSeen.reset();
    metrics.siteCertificateExpiry.reset();
    for (const { site, lastSeen, certificateEnds } of sites.filter(({ state }) => state === 'admitted')) {
      if (lastSeen !== null) metrics.siteLastSeen.set({ site }, Date.parse(lastSeen) / 1_000);
      if (certificateEnds !== null) metrics.siteCertificateExpiry.set({ site }, Date.parse(certificateEnds) / 1_000);
    }
  });
}
