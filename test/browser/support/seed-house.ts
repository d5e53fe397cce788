import { HASHES, NOW, SITES, STUDIES } from './seed-studies.js';

const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();
const ahead = (days: number) => new Date(NOW + days * 86_400_000).toISOString();
const day = (back: number) => new Date(NOW - back * 86_400_000).toISOString().slice(0, 10);
const up = (value: string) => ({ value, rounding: 'up' });
const EIGHT = [
  'anchor bright canvas daring ember fabric glance harbor',
  'ivory jungle kettle ladder marble nectar orchard pepper',
  'quantum ribbon saddle timber umbrella velvet walnut yellow',
  'zebra absorb barrel cactus dinner exhibit fossil garment',
];
const hex = (digit: string) => digit.repeat(64);

export const ACCOUNT = {
  id: 'a1',
  email: 'ada@heart.example',
  name: 'Ada Keller',
  roles: ['researcher', 'site-it', 'compliance', 'admin'],
  sites: [],
  totp: true,
};
export const SESSION = { account: ACCOUNT, csrf: 'csrf-of-the-session' };

const site = (name: string, index: number, more: object = {}) => ({
  site: name,
  state: 'admitted',
  connected: true,
  position: index,
  agentVersion: '0.1.0',
  engine: 'tfjs-node',
  cohorts: ['heart', 'sepsis'],
  lastSeen: ago(0.1),
  certificateEnds: ahead(61),
  certificateWarning: null,
  countersigned: 3,
  words: EIGHT[index] ?? null,
  ...more,
});
export const SITE_VIEWS = [
  ...SITES.map((name, index) =>
    site(
      name,
      index,
      name === 'zurich'
        ? {
            connected: false,
            lastSeen: ago(190),
            certificateEnds: ahead(9),
            certificateWarning: 'The certificate of zurich ends in 9 days and has not been renewed.',
          }
        : {},
    ),
  ),
  site('st-elsewhere', 4, {
    state: 'pending',
    position: null,
    countersigned: null,
    certificateEnds: null,
    cohorts: [],
    words: 'canoe drift echo frozen guitar hollow inch jacket',
  }),
  site('basel', 5, {
    state: 'invited',
    connected: false,
    position: null,
    agentVersion: null,
    engine: null,
    cohorts: [],
    lastSeen: null,
    certificateEnds: null,
    countersigned: null,
    words: null,
  }),
];
export const ROSTER = {
  epoch: 3,
  words: EIGHT[0],
  members: SITES.map((name, index) => ({
    site: name,
    words: EIGHT[index],
    countersigned: name !== 'zurich',
    identityKeys: [hex(String(index))],
  })),
};

const budget = (name: string, population: string, spent: number, reserved: number, limit: number, more: object = {}) => {
  const steps = 14;
  return {
    site: name,
    population,
    limit: up(limit.toFixed(4)),
    spent: up(spent.toFixed(4)),
    reserved: up(reserved.toFixed(4)),
    left: { value: Math.max(0, limit - spent - reserved).toFixed(4), rounding: 'down' },
    percentUsed: Math.ceil(((spent + reserved) / limit) * 1000) / 10,
    delta: 1e-5,
    unit: 'patient',
    frozen: false,
    frozenBy: null,
    projectedExhaustion: day(-74),
    studies: STUDIES.filter(({ epsilon, name: study }) => epsilon && study.startsWith(population === 'heart' ? 'heart' : 'sepsis'))
      .slice(0, 3)
      .map(({ hash, name: study, epsilon }) => ({
        hash,
        name: study,
        status: 'approved',
        epsilon,
        spent: epsilon,
        rounds: { spent: 11, reserved: 4 },
      })),
    history: Array.from({ length: steps }, (_, index) => {
      const so = (spent * (index + 1)) / steps;
      const held = index > 8 ? reserved : reserved / 2;
      return {
        at: ago((steps - index) * 2_880),
        entry: index,
        limit: limit.toFixed(4),
        spent: so.toFixed(4),
        reserved: held.toFixed(4),
        left: Math.max(0, limit - so - held).toFixed(4),
      };
    }),
    requests: [],
    looseningRequests: [],
    source: 'mirror',
    verified: true,
    entries: 412,
    headWords: EIGHT[1],
    ...more,
  };
};
export const BUDGETS = [
  budget('cleveland', 'heart', 2.41, 0.62, 6),
  budget('zurich', 'heart', 5.12, 0.31, 6, {
    requests: [
      {
        site: 'zurich',
        population: 'heart',
        request: 2,
        change: { kind: 'limit', epsilonLimit: '5.8' },
        by: 'Ada Keller',
        askedAt: ago(31),
        state: 'waiting',
        answeredAt: null,
        sentence: 'Limit 5.8 is asked of the site; it waits until the site connects.',
      },
    ],
  }),
  budget('long-beach', 'sepsis', 1.2, 0, 3, { frozen: true, frozenBy: 'officer dpo', projectedExhaustion: null }),
];

const ledger = (name: string, population: string, size: number, percent: number, head = EIGHT[0]) => ({
  site: name,
  population,
  size,
  headWords: head,
  checkpoint: { size, at: ago(6) },
  epsilonLimit: 6,
  delta: 1e-5,
  frozen: false,
  held: { percentUsed: percent, epsilonUsed: (percent * 6) / 100, epsilonLeft: 6 - (percent * 6) / 100 },
  spent: { percentUsed: percent - 4, epsilonUsed: 2, epsilonLeft: 4 },
  orders: [9, 14],
  charges: { training: ['0', '0'], evaluation: ['0', '0'] },
  studies: 3,
});
export const LEDGERS = [
  ledger('cleveland', 'heart', 412, 50.5),
  ledger('zurich', 'heart', 731, 90.5, EIGHT[2]),
  ledger('long-beach', 'sepsis', 88, 40, EIGHT[3]),
];

export const INBOX = {
  items: [
    {
      id: 'r1',
      kind: 'refusal',
      title: 'zurich refused round 12 of heart-lr: BUDGET_EXHAUSTED',
      since: ago(3),
      link: `/studies/${HASHES.running}`,
      severity: 'error',
      whoCanAct: 'the officer at zurich, or you with fewer rounds',
    },
    {
      id: 'b1',
      kind: 'budget',
      title: 'Population heart at zurich has used 90.5 % of its budget',
      since: ago(190),
      link: '/budgets',
      severity: 'warning',
      whoCanAct: 'the officer at zurich',
    },
    {
      id: 'c1',
      kind: 'certificate',
      title: 'The certificate of zurich ends in 9 days',
      since: ago(1_500),
      link: '/sites/zurich',
      severity: 'warning',
      whoCanAct: 'site IT at zurich connects the agent',
    },
    {
      id: 's1',
      kind: 'admission',
      title: 'st-elsewhere waits to be admitted',
      since: ago(52),
      link: '/sites/st-elsewhere',
      severity: 'info',
      whoCanAct: 'an admin, after comparing the words',
    },
    {
      id: 'a1',
      kind: 'approval',
      title: 'sepsis-net waits for 2 of 4 approvals',
      since: ago(6_100),
      link: `/studies/${HASHES.waiting}`,
      severity: 'info',
      whoCanAct: 'the officers at hungary and zurich, at their sites',
    },
  ],
  done: [
    { id: 'd1', title: 'heart-lr was released by all 4 sites', at: ago(4_000), link: `/studies/${HASHES.done}` },
    { id: 'd2', title: 'long-beach renewed its certificate', at: ago(9_000), link: '/sites/long-beach' },
  ],
};

const KINDS = ['ciphertext', 'metadata', 'model'];
export const EGRESS = {
  items: Array.from({ length: 40 }, (_, index) => {
    const kind = KINDS[index % 9 === 8 ? 1 : 0] ?? 'ciphertext';
    return {
      at: ago(index * 37 + 4),
      site: SITES[index % 4],
      study: HASHES.running,
      round: 12 - Math.floor(index / 4),
      kind,
      bytes: kind === 'ciphertext' ? 1_834_212 : 1_204,
      sha256: hex('0123456789abcdef'[index % 16] ?? '0'),
      destination: 'coordinator',
      ledgerEntry: null,
    };
  }),
  nextCursor: null,
  totals: {
    days: Array.from({ length: 10 }, (_, back) =>
      KINDS.map((kind, place) => ({
        day: day(back),
        kind,
        items: 20,
        bytes: [88_000_000 - back * 4_100_000, 900_000, back === 3 ? 12_000_000 : 0][place] ?? 0,
      })),
    )
      .flat()
      .filter(({ bytes }) => bytes > 0)
      .toReversed(),
    ledgers: [{ site: 'cleveland', population: 'heart', entries: 412, bytes: 310_220 }],
  },
};

const entry = (seq: number, minutes: number, actor: string, action: string, subject: string, before: unknown, after: unknown) => ({
  seq,
  at: ago(minutes),
  actor,
  via: 'session',
  from: '10.1.2.3',
  action,
  subject,
  before,
  after,
  requestId: hex('a').slice(0, 32),
  previous: hex('b'),
  hash: hex('c'),
});
export const AUDIT = {
  items: [
    entry(61, 31, 'Ada Keller', 'budget.tighten', 'zurich/heart', { epsilonLimit: '6' }, { epsilonLimit: '5.8' }),
    entry(60, 55, 'Ada Keller', 'site.invite', 'basel', null, { expires: '24h' }),
    entry(59, 120, 'Ben Ito', 'study.launch', HASHES.running.slice(0, 8), { state: 'proposed' }, { state: 'queued' }),
    entry(58, 2_900, 'Ben Ito', 'study.propose', HASHES.running.slice(0, 8), null, { name: 'heart-lr' }),
    entry(57, 4_100, 'Ada Keller', 'account.invite', 'Cleo Marsh', null, { roles: ['compliance'] }),
  ],
  nextCursor: null,
};

const person = (id: string, name: string, roles: string[], more: object = {}) => ({
  ...ACCOUNT,
  id,
  name,
  email: `${name.split(' ')[0]?.toLowerCase()}@heart.example`,
  roles,
  state: 'active',
  invited: false,
  provider: false,
  createdAt: ago(90_000),
  lastSignIn: ago(50),
  ...more,
});
export const PEOPLE = {
  items: [
    person('a1', 'Ada Keller', ACCOUNT.roles),
    person('b2', 'Ben Ito', ['researcher'], { totp: false }),
    person('c3', 'Cleo Marsh', ['compliance'], { sites: ['zurich'], invited: true }),
  ],
  nextCursor: null,
};
export const TOKENS = {
  items: [
    {
      id: 't1',
      name: 'nightly export',
      owner: 'Ada Keller',
      scopes: ['studies:read'],
      createdAt: ago(9_000),
      expiresAt: ahead(22),
      lastUsedAt: ago(700),
    },
  ],
  nextCursor: null,
};
export const WEBHOOKS = {
  items: [
    {
      id: 'w1',
      url: 'https://hooks.heart.example/consilium',
      kinds: ['site-refused', 'round-failed'],
      createdBy: 'Ada Keller',
      createdAt: ago(9_000),
    },
  ],
  nextCursor: null,
};
export const NOTICES = {
  mail: { configured: true, from: 'consilium@heart.example', server: 'mail.heart.example:587', tls: 'starttls', user: 'consilium' },
  kinds: [
    {
      kind: 'approval-needed',
      title: 'A study waits for the approval of sites.',
      recipients: ['dpo@hungary.example', 'dpo@zurich.example'],
    },
    { kind: 'round-failed', title: 'A round of a study failed.', recipients: [] },
    { kind: 'site-refused', title: 'A site refused its part in a study.', recipients: [] },
  ],
  deliveries: { waiting: 0, gaveUp: 0, lastError: null },
};
export const SIGN_IN = {
  sessions: { idle: '1h', life: '12h' },
  publicUrl: 'https://coord.heart.example',
  provider: {
    name: 'Hospital login',
    issuer: 'https://id.heart.example/realms/hospitals',
    clientId: 'consilium',
    secret: true,
    scopes: ['openid', 'email', 'profile'],
    claim: 'groups',
    rules: [
      { value: 'fl-research', role: 'researcher', sites: [] },
      { value: 'dpo-zurich', role: 'compliance', sites: ['zurich'] },
    ],
  },
};
export const RETENTION = {
  items: [
    { what: 'Audit log', kept: 'For good: entries can be added and never removed.' },
    { what: 'Sessions', kept: '12 hours, 1 hour without a request.' },
  ],
};
export const REPORTS = [
  {
    id: 'r0',
    kind: 'dpo',
    site: 'cleveland',
    from: '2026-01-01',
    to: '2026-09-30',
    createdAt: ago(80_000),
    createdBy: 'Cleo Marsh',
    pdf: '/api/v1/reports/r0.pdf',
    json: '/api/v1/reports/r0.json',
  },
];
