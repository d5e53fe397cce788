import { SiteName, StudyHash, StudyName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import type { StudyInWork } from '../http/study-desk.js';
import type { SiteStatus } from '../http/study-views.js';
import type { LedgerView } from '../ledgers/index.js';
import type { SiteView } from '../sites/index.js';
import { InboxItem } from './inbox-item.js';
import { waitingItems, type InboxFacts } from './waiting-items.js';

const now = new Date('2026-03-01T12:00:00Z');
const hash = StudyHash.parse('7c41'.repeat(16));
const [basel, bern] = ['basel', 'bern'].map((name) => SiteName.parse(name)) as [SiteName, SiteName];
const days = (count: number) => new Date(now.getTime() + count * 86_400_000).toISOString();

const status = (site: SiteName, state: SiteStatus['state'], more: Partial<SiteStatus> = {}): SiteStatus => ({
  site,
  state,
  since: days(-1),
  code: null,
  sentence: null,
  whoCanAct: null,
  incident: null,
  reasons: [],
  ...more,
});

const study = (state: StudyInWork['summary']['state'], more: Partial<StudyInWork> = {}): StudyInWork => ({
  summary: {
    hash,
    name: StudyName.parse('heart-lr'),
    state,
    stateReason: 'Because.',
    proposedAt: days(-10),
    round: 3,
    rounds: 30,
    sitesReady: 1,
    sitesNeeded: 2,
  },
  sites: [status(basel, 'ready'), status(bern, 'ready')],
  unapproved: [],
  launchedAt: null,
  endedAt: null,
  failure: null,
  ...more,
});

const site = (name: SiteName, more: Partial<SiteView>): SiteView & { readonly invitedAt: string } => ({
  site: name,
  state: 'admitted',
  connected: true,
  position: 0,
  agentVersion: null,
  engine: null,
  cohorts: [],
  lastSeen: null,
  certificateEnds: days(60),
  certificateWarning: null,
  countersigned: null,
  words: null,
  invitedAt: days(-2),
  ...more,
});

const ledger = (percentUsed: number, frozen = false) =>
  ({
    site: basel,
    population: 'heart',
    frozen,
    epsilonLimit: 6,
    held: { percentUsed },
    checkpoint: { size: 1, at: days(-3) },
  }) as LedgerView;

function inbox(facts: Partial<InboxFacts>) {
  const waiting = waitingItems({ studies: [], sites: [], ledgers: [], reach: 'all', now, ...facts });
  for (const { item } of waiting) InboxItem.parse(item);
  return waiting.map(({ item, sites }) => ({ ...item, sites }));
}

describe('what waits', () => {
  it('is the approval of those who have not approved, and belongs to their sites', () => {
    expect(inbox({ studies: [study('proposed', { unapproved: [bern] })] })).toMatchObject([
      {
        id: `approval:${hash}`,
        title: 'heart-lr (7c417c41) waits for 1 of 2 approvals: bern',
        whoCanAct: 'The officers of bern, each at the site: consilium-site study approve 7c417c41',
        sites: [bern],
      },
    ]);
    expect(inbox({ studies: [study('proposed')] })).toMatchObject([
      { kind: 'launch', whoCanAct: 'A researcher: consilium study launch 7c417c41' },
    ]);
  });

  it('is a refusal, with its code and who can act, before a site that is only late', () => {
    const refused = status(bern, 'refused', {
      code: 'BUDGET_EXHAUSTED',
      sentence: 'It would reach 6.03.',
      whoCanAct: 'The officer at bern.',
    });
    const failure = { round: 3, attempt: 0, at: days(-1), sentence: '1 of 2 needed sites contributed.' };
    expect(inbox({ studies: [study('waiting', { sites: [status(basel, 'late'), refused], failure })] })).toMatchObject([
      {
        kind: 'refusal',
        severity: 'error',
        title: 'heart-lr (7c417c41): bern refused, BUDGET_EXHAUSTED. It would reach 6.03.',
        whoCanAct: 'The officer at bern.',
      },
      { kind: 'site-away', title: 'heart-lr (7c417c41): basel is late' },
      { kind: 'failed-round', title: 'Round 3 of heart-lr (7c417c41) failed: 1 of 2 needed sites contributed.' },
    ]);
  });

  it('is a certificate from 21 days before its end on', () => {
    expect(inbox({ sites: [site(basel, { certificateEnds: days(22) })] })).toEqual([]);
    expect(inbox({ sites: [site(basel, { certificateEnds: days(20.5) })] })).toMatchObject([
      { title: 'The certificate of basel ends in 20 days' },
    ]);
    expect(inbox({ sites: [site(basel, { certificateEnds: days(-1) })] })).toMatchObject([{ severity: 'error' }]);
    expect(inbox({ sites: [site(basel, { certificateEnds: days(-1), state: 'revoked' })] })).toEqual([]);
  });

  it('is a budget from 80 % on, unless somebody has frozen it, and anew at 100 %', () => {
    expect(inbox({ ledgers: [ledger(79.9), ledger(95, true)] })).toEqual([]);
    const [high, over] = [inbox({ ledgers: [ledger(80)] }), inbox({ ledgers: [ledger(100)] })];
    expect([high[0]?.severity, over[0]?.severity]).toEqual(['warning', 'error']);
    expect(high[0]?.id).not.toBe(over[0]?.id);
  });

  it('is a site to admit, and a study that failed in the last week', () => {
    expect(inbox({ sites: [site(bern, { state: 'pending', certificateEnds: null })] })).toMatchObject([{ kind: 'admission' }]);
    expect(inbox({ studies: [study('failed', { endedAt: days(-6) })] })).toMatchObject([{ kind: 'failed-study' }]);
    expect(inbox({ studies: [study('failed', { endedAt: days(-8) }), study('done', { endedAt: days(-1) })] })).toEqual([]);
  });
});
