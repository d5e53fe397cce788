import { z } from 'zod';

export const RetentionView = z.object({ items: z.array(z.object({ what: z.string(), kept: z.string() })) });
export type RetentionView = z.infer<typeof RetentionView>;

/** What this coordinator stores, and for how long. Nothing of it is set: what must go sooner is not stored. */
export const RETENTION: RetentionView['items'] = [
  { what: 'Audit log', kept: 'For good: entries can be added and never removed.' },
  { what: 'Studies: specification, events, signed totals, released model', kept: 'For good: they are the record of what was done.' },
  { what: "Copies of the sites' budget ledgers", kept: 'For good: a site that lost its own takes it back from here.' },
  { what: 'Reports', kept: 'For good, as they were made.' },
  { what: 'Sealed contributions and released shares', kept: 'Until their round is decided.' },
  {
    what: 'Sealed sums',
    kept: 'Until every site has applied them; at most 7 days after the end of the study, and then until the coordinator starts again.',
  },
  { what: 'Sealed keys between sites', kept: 'Until the study ends; shares for coming rounds until their block is in use.' },
  { what: 'Accounts', kept: 'Until they are closed; name and address then stay in the audit log.' },
  { what: 'Sessions', kept: '12 hours, 1 hour without a request.' },
  { what: 'API tokens (their hash)', kept: 'As long as their owner chose, 90 days at most.' },
  { what: 'Tries to sign in that failed', kept: '24 hours.' },
  { what: 'Answers to requests with an Idempotency-Key', kept: '24 hours, sealed under the key of whoever asked.' },
];
