import type { SiteName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import type { SiteDirectory } from '../sites/index.js';
import { Metrics } from './metrics.js';
import { measureSites } from './site-gauges.js';

type Site = Awaited<ReturnType<SiteDirectory['list']>>[number];
const site = (name: string, state: Site['state']): Site => ({
  site: name as SiteName,
  state,
  connected: false,
  position: 0,
  agentVersion: null,
  engine: null,
  cohorts: [],
  lastSeen: '2027-01-01T00:00:00.000Z',
  certificateEnds: '2027-03-01T00:00:00.000Z',
  certificateWarning: null,
  countersigned: null,
  words: null,
});

describe('the gauges of sites', () => {
  it('tell of members when they were heard from and when their certificates end, and stop with their revocation', async () => {
    const metrics = new Metrics();
    let sites = [site('a', 'admitted'), site('b', 'admitted'), site('c', 'pending')];
    measureSites(metrics, { list: () => Promise.resolve(sites) });
    const before = await metrics.text();
    expect(before).toContain('consilium_site_last_seen_timestamp_seconds{site="b"} 1798761600');
    expect(before).toContain('consilium_site_certificate_expiry_timestamp_seconds{site="a"}');
    expect(before).not.toContain('{site="c"}');
    expect(before).toContain('consilium_sites{state="admitted"} 2');
    sites = [site('a', 'admitted'), site('b', 'revoked')];
    const after = await metrics.text();
    expect(after).not.toContain('{site="b"}');
    expect(after).toContain('consilium_sites{state="revoked"} 1');
  });
});
