import { tabularPrivate } from '../../../coordinator/cli/templates/tabular-private.js';

/** The present of the seeded world: figures and screenshots come out the same. */
export const NOW = Date.parse('2026-11-26T14:02:00Z');
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();
export const SITES = ['cleveland', 'hungary', 'zurich', 'long-beach'];
export const HASHES = {
  running: '7c41ab12f00dfeed51ce0000000000000000000000000000000000000000aa01',
  waiting: '19be77aa10c2fe0051ce0000000000000000000000000000000000000000aa02',
  done: 'e2d09b3544af910251ce0000000000000000000000000000000000000000aa03',
  older: '5a5a10f2c0ffee0051ce0000000000000000000000000000000000000000aa04',
  failed: 'b00c4d21980f7a1151ce0000000000000000000000000000000000000000aa05',
};
const up = (value: string) => ({ value, rounding: 'up' });

/** A curve that falls and settles, without chance. */
const loss = (round: number) => Number((0.42 + 0.27 * Math.exp(-round / 14) + 0.006 * Math.sin(round * 1.7)).toFixed(4));
const curve = (rounds: number) =>
  Array.from({ length: rounds }, (_, index) => ({
    round: index + 1,
    contributors: 4,
    loss: loss(index + 1),
    trainLoss: Number((loss(index + 1) - 0.012).toFixed(4)),
    testLoss: loss(index + 1),
    accuracy: Number((0.86 - 0.25 * Math.exp(-(index + 1) / 12)).toFixed(4)),
    auroc: Number((0.9 - 0.3 * Math.exp(-(index + 1) / 10)).toFixed(4)),
  }));

const figure = (name: string, value: number | null, standardError: number | null = 0.021) => ({
  name,
  value,
  standardError,
  reason: value === null ? 'Fewer than 20 patients.' : null,
});
const level = (name: string, auc: number, support: number) => ({
  level: name,
  support,
  figures: [figure('auroc', auc, 0.8 / Math.sqrt(support * 4))],
});
const latest = (round: number) => ({
  round,
  contributors: SITES,
  support: 412,
  figures: [
    figure('auroc', 0.894),
    figure('accuracy', 0.836),
    figure('sensitivity', 0.812),
    figure('specificity', 0.858),
    figure('brier', 0.121, 0.008),
    figure('f1', null, null),
  ],
  calibration: Array.from({ length: 10 }, (_, index) => ({
    from: index / 10,
    to: (index + 1) / 10,
    patients: [71, 52, 38, 30, 27, 29, 34, 40, 44, 47][index] ?? 0,
    predicted: index / 10 + 0.05,
    observed: Number((index / 10 + 0.05 + 0.03 * Math.sin(index)).toFixed(3)),
  })),
  confusion: [],
  subgroups: [
    {
      input: 'sex',
      levels: [level('F', 0.871, 128), level('M', 0.902, 284)],
      gaps: [
        {
          figure: 'auroc',
          lowest: 'F',
          highest: 'M',
          gap: 0.031,
          standardError: 0.042,
          verdict: 'cannot tell',
          reason: 'The gap is within twice its standard error.',
        },
      ],
    },
  ],
});

const summary = (hash: string, name: string, state: string, stateReason: string, more: object = {}) => ({
  hash,
  name,
  state,
  stateReason,
  proposedAt: ago(2_900),
  round: 0,
  rounds: 40,
  sitesReady: 4,
  sitesNeeded: 3,
  epsilon: up('1.402'),
  losses: [] as number[],
  ...more,
});
const losses = (rounds: number) => curve(rounds).map((point) => point.loss);

export const STUDIES = [
  summary(HASHES.running, 'heart-lr', 'waiting', 'Round 12 waits for zurich, which refused: BUDGET_EXHAUSTED.', {
    round: 12,
    losses: losses(11),
    sitesReady: 3,
    epsilon: up('1.402'),
  }),
  summary(HASHES.waiting, 'sepsis-net', 'proposed', 'Waiting for 2 of 4 approvals: hungary, zurich.', {
    proposedAt: ago(6_100),
    sitesReady: 2,
    epsilon: up('2.871'),
    rounds: 60,
  }),
  summary(HASHES.done, 'heart-lr', 'done', 'Released by all 4 sites.', {
    proposedAt: ago(20_000),
    round: 40,
    losses: losses(40),
    epsilon: up('3.182'),
  }),
  summary(HASHES.older, 'stroke-audit', 'running', 'Round 21 trains.', {
    proposedAt: ago(9_000),
    round: 21,
    rounds: 30,
    losses: losses(20),
    epsilon: null,
  }),
  summary(HASHES.failed, 'arrhythmia', 'failed', 'Too few sites in three attempts of round 4.', {
    proposedAt: ago(30_000),
    round: 4,
    rounds: 50,
    losses: losses(3),
    sitesReady: 2,
    epsilon: up('0.9120'),
  }),
];

const site = (name: string, state: string, more: object = {}) => ({
  site: name,
  state,
  since: ago(3),
  code: null,
  sentence: null,
  whoCanAct: null,
  incident: null,
  ...more,
});
const REFUSED = site('zurich', 'refused', {
  code: 'BUDGET_EXHAUSTED',
  sentence: 'The round would bring population heart to epsilon 6.03; the limit of the site is 6.00.',
  whoCanAct: 'The officer at zurich (loosen the limit, at the site), or you (fewer rounds).',
  incident: '4F2A',
});

const view = (of: (typeof STUDIES)[number], sites: object[], more: object = {}) => {
  const { epsilon: _, losses: __, ...rest } = of;
  return {
    ...rest,
    phase: null,
    attempt: null,
    deadline: null,
    sites,
    approvals: SITES.map((name) => ({ site: name, release: 'ask' })),
    metrics: [],
    latest: null,
    releaseVotes: [],
    thresholds: { n: 4, c: 1, t: 3, m: 3 },
    uploadBytes: 1_834_212,
    sumBytes: 1_834_056,
    seq: 812,
    ...more,
  };
};
const all = (state: string) => SITES.map((name) => site(name, state));

export const STUDY_VIEWS: Readonly<Record<string, object>> = Object.fromEntries(
  STUDIES.map((study) => {
    switch (study.hash) {
      case HASHES.running:
        return [
          study.hash,
          view(
            study,
            [
              site('cleveland', 'counted'),
              site('hungary', 'late', {
                sentence: 'The site is past the deadline; its upload is at 61 %.',
                whoCanAct: 'Site IT at hungary looks at the line.',
              }),
              REFUSED,
              site('long-beach', 'counted'),
            ],
            {
              phase: 'uploading',
              attempt: 0,
              deadline: new Date(NOW + 6 * 60_000).toISOString(),
            },
          ),
        ];
      case HASHES.waiting:
        return [
          study.hash,
          view(
            study,
            [
              site('cleveland', 'approved'),
              site('hungary', 'not-approved'),
              site('zurich', 'not-approved'),
              site('long-beach', 'approved'),
            ],
            {
              approvals: [
                { site: 'cleveland', release: 'ask' },
                { site: 'long-beach', release: 'in-advance' },
              ],
            },
          ),
        ];
      case HASHES.failed:
        return [
          study.hash,
          view(study, [
            site('cleveland', 'done'),
            site('hungary', 'lost'),
            site('zurich', 'failed', {
              code: 'TRAINING_KILLED',
              sentence: 'The training process was ended by signal 9.',
              whoCanAct: 'Site IT at zurich gives it more memory.',
              incident: '91C0',
            }),
            site('long-beach', 'done'),
          ]),
        ];
      default:
        return [study.hash, view(study, all(study.state === 'done' ? 'done' : 'training'))];
    }
  }),
);

export const METRICS = (hash: string) => {
  const { round } = STUDIES.find((study) => study.hash === hash) ?? { round: 0 };
  const done = Math.max(0, hash === HASHES.done ? round : round - 1);
  if (done === 0) return { points: [], latest: null, curves: null, confusion: null, subgroups: [] };
  const last = latest(done);
  return {
    points: curve(done),
    latest: last,
    curves: {
      roc: Array.from({ length: 21 }, (_, index) => {
        const x = index / 20;
        return {
          threshold: 1 - x,
          falsePositiveRate: x,
          sensitivity: Number((1 - (1 - x) ** 4.2).toFixed(3)),
          precision: Number((0.98 - 0.45 * x).toFixed(3)),
        };
      }),
      calibration: last.calibration,
    },
    confusion: {
      labels: ['0', '1'],
      rows: [
        [191, 31],
        [36, 154],
      ],
    },
    subgroups: last.subgroups,
  };
};

export const ROUNDS = (hash: string) => {
  const { round } = STUDIES.find((study) => study.hash === hash) ?? { round: 0 };
  return Array.from({ length: round }, (_, index) => {
    const last = index === round - 1 && hash !== HASHES.done;
    return {
      round: index + 1,
      attempt: index === 6 ? 1 : 0,
      kind: 'train',
      outcome: last ? (hash === HASHES.failed ? 'failed' : 'running') : 'done',
      reason: last && hash === HASHES.failed ? 'Too few sites uploaded before the deadline.' : null,
      announcedAt: ago((round - index) * 4),
      endedAt: last ? null : new Date(NOW - (round - index) * 240_000 + 41_000 + (index % 5) * 6_300).toISOString(),
      participants: SITES,
      contributors: last ? [] : index === 4 ? SITES.slice(0, 3) : SITES,
      foldBytes: last ? null : 1_834_056,
      foldSha256: null,
      faulty: [],
      outOfStep: [],
    };
  });
};

/** Bars of one round: how long each site trained, signed, released and applied. */
export const PHASES = (round: number) => {
  const start = NOW - 4 * 60_000;
  const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString();
  return {
    round,
    items: SITES.flatMap((name, index) => {
      if (name === 'zurich')
        return [{ site: name, attempt: 0, phase: 'train', from: at(0), to: at(3), state: 'refused', code: 'BUDGET_EXHAUSTED' }];
      const trained = 18 + index * 7;
      const bars = [
        {
          site: name,
          attempt: 0,
          phase: 'train',
          from: at(0),
          to: name === 'hungary' ? null : at(trained),
          state: name === 'hungary' ? 'late' : 'done',
          code: null as string | null,
        },
      ];
      return name === 'hungary'
        ? bars
        : [...bars, { site: name, attempt: 0, phase: 'list', from: at(trained), to: at(trained + 6), state: 'done', code: null }];
    }),
  };
};

const yaml = (hash: string) =>
  tabularPrivate(STUDIES.find((study) => study.hash === hash)?.name ?? 'study').replaceAll(
    /site-([a-d])/g,
    (_, letter: string) => SITES['abcd'.indexOf(letter)] ?? letter,
  );
export const SPECIFICATION = (hash: string) => ({ hash, yaml: yaml(hash), canonical: '{}' });

export const VERSIONS = (hash: string) => {
  const { name } = STUDIES.find((study) => study.hash === hash) ?? { name: '' };
  return {
    items: STUDIES.filter((study) => study.name === name).map((study) => ({
      hash: study.hash,
      name,
      proposedAt: study.proposedAt,
      state: study.state,
      approvals: study.state === 'proposed' ? SITES.slice(0, 2) : SITES,
      epsilon: study.epsilon,
    })),
    nextCursor: null,
  };
};

export const DIFFERENCE = {
  from: HASHES.done,
  to: HASHES.running,
  epsilon: { before: up('3.182'), after: up('1.402') },
  changes: [
    {
      path: 'privacy.noiseMultiplier',
      before: '12',
      after: '25',
      effect: { epsilon: { before: up('3.182'), after: up('1.402') } },
      sentence: 'Noise 12 → 25: ε forecast 3.182 → 1.402.',
    },
    {
      path: 'cohort.inputs.creatinine.missingCodes',
      before: null,
      after: '[-1]',
      effect: { data: 'Rows with -1 count as missing.' },
      sentence: 'Rows with -1 in creatinine now count as missing and are imputed.',
    },
    {
      path: 'release.when',
      before: 'threshold',
      after: 'all-sites-agree',
      effect: { release: 'Every site must agree.' },
      sentence: 'Every site must agree before the model is released.',
    },
  ],
};

export const COMPARISON = (ids: readonly string[]) => ({
  items: STUDIES.filter(({ hash }) => ids.includes(hash)).map(({ hash, name, state, epsilon }) => {
    const { points, latest: last } = METRICS(hash);
    return { hash, name, state, sites: 4, epsilon, points, latest: last };
  }),
});

export const FORECAST = (text: string) => {
  const noise = Number(/noiseMultiplier: ([\d.]+)/.exec(text)?.[1] ?? '25');
  const bad = !text.includes('kind: Study');
  return {
    ok: !bad,
    problems: bad ? [{ pointer: '#/kind', detail: 'must be "Study"', fix: 'Begin from a template.' }] : [],
    hash: bad ? null : HASHES.running,
    epsilon: bad ? null : { promise: up((35.05 / noise).toFixed(3)), ifAllOthersCollude: up((70.4 / noise).toFixed(3)), delta: 1e-5 },
    odds: null,
    rounds: 40,
    parameterCount: 5,
    uploadBytes: 1_834_212,
    uploadBytesInAll: 75_202_692,
    sites: SITES.map((name) => ({
      site: name,
      couldRun: name !== 'zurich',
      connected: true,
      sentence: name === 'zurich' ? 'The site is not connected.' : 'It has the cohort and is connected.',
      fix: null,
    })),
  };
};
