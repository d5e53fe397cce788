import { z } from 'zod';
import { call, callAll, Nothing, pageOf, query, send } from './client.js';
import { Epsilon } from './epsilon.js';

const instant = z.string();

export const STUDY_STATES = ['proposed', 'queued', 'keys', 'running', 'waiting', 'releasing', 'done', 'stopped', 'failed'] as const;
export type StudyState = (typeof STUDY_STATES)[number];

export const SiteStatus = z.object({
  site: z.string(),
  state: z.string(),
  since: instant.nullable().default(null),
  code: z.string().nullable().default(null),
  sentence: z.string().nullable().default(null),
  whoCanAct: z.string().nullable().default(null),
  incident: z.string().nullable().default(null),
  reasons: z
    .array(
      z.object({
        since: instant.nullable().default(null),
        code: z.string().nullable().default(null),
        sentence: z.string(),
        whoCanAct: z.string(),
      }),
    )
    .default([]),
});
export type SiteStatus = z.infer<typeof SiteStatus>;

export const StudySummary = z.object({
  hash: z.string(),
  name: z.string(),
  state: z.enum(STUDY_STATES),
  stateReason: z.string(),
  proposedAt: instant,
  round: z.int(),
  rounds: z.int(),
  sitesReady: z.int(),
  sitesNeeded: z.int(),
  epsilon: Epsilon.nullish(),
  owner: z.string().nullish(),
  /** The newest losses, oldest first. */
  losses: z.array(z.number()).default([]),
});
export type StudySummary = z.infer<typeof StudySummary>;

const number = z.number().nullable().default(null);

export const MetricsPoint = z.object({
  round: z.int(),
  contributors: z.array(z.string()).default([]),
  trainLoss: number,
  testLoss: number,
  accuracy: number,
  figures: z.record(z.string(), z.number()).default({}),
});
export type MetricsPoint = z.infer<typeof MetricsPoint>;

const Figure = z.object({
  name: z.string(),
  value: z.number().nullable(),
  standardError: number,
  reason: z.string().nullable().default(null),
});
export type Figure = z.infer<typeof Figure>;

export const LatestMetrics = z.object({
  round: z.int(),
  contributors: z.array(z.string()).default([]),
  support: z.int().nullable().default(null),
  figures: z.array(Figure).default([]),
  calibration: z
    .array(z.object({ from: z.number(), to: z.number(), patients: z.number(), predicted: z.number(), observed: z.number() }))
    .default([]),
  confusion: z.array(z.array(z.number().nullable())).default([]),
  subgroups: z
    .array(
      z.object({
        input: z.string(),
        levels: z.array(z.object({ level: z.string(), support: z.int().nullable().default(null), figures: z.array(Figure).default([]) })),
        gaps: z.array(z.object({ figure: z.string(), gap: number, verdict: z.string(), reason: z.string() })).default([]),
      }),
    )
    .default([]),
});
export type LatestMetrics = z.infer<typeof LatestMetrics>;

export const StudyView = StudySummary.extend({
  phase: z.string().nullable().default(null),
  attempt: z.int().nullable().default(null),
  deadline: instant.nullable().default(null),
  sites: z.array(SiteStatus),
  approvals: z.array(z.object({ site: z.string(), release: z.string() })).default([]),
  metrics: z.array(MetricsPoint).default([]),
  latest: LatestMetrics.nullable().default(null),
  releaseVotes: z.array(z.object({ site: z.string(), vote: z.string() })).default([]),
  thresholds: z.object({ n: z.int(), c: z.int(), t: z.int(), m: z.int() }),
  uploadBytes: z.number(),
  sumBytes: z.number(),
  seq: z.int(),
});
export type StudyView = z.infer<typeof StudyView>;

export const RoundView = z.object({
  round: z.int(),
  attempt: z.int(),
  kind: z.string(),
  outcome: z.string(),
  reason: z.string().nullable().default(null),
  announcedAt: instant,
  endedAt: instant.nullable().default(null),
  participants: z.array(z.string()).default([]),
  contributors: z.array(z.string()).default([]),
  foldBytes: z.number().nullable().default(null),
  faulty: z.array(z.string()).default([]),
  outOfStep: z.array(z.string()).default([]),
});
export type RoundView = z.infer<typeof RoundView>;

export const SitePhase = z.object({
  site: z.string(),
  phase: z.string(),
  from: instant,
  to: instant.nullable().default(null),
  state: z.string().default('done'),
  code: z.string().nullable().default(null),
});
export type SitePhase = z.infer<typeof SitePhase>;

export const Forecast = z.object({
  ok: z.boolean(),
  problems: z.array(z.object({ pointer: z.string(), detail: z.string(), fix: z.string().nullish() })).default([]),
  hash: z.string().nullish(),
  epsilon: z.object({ promise: Epsilon, ifAllOthersCollude: Epsilon }).nullish(),
  uploadBytes: z.number().nullish(),
  uploadBytesInAll: z.number().nullish(),
  rounds: z.int().nullish(),
  sites: z.array(z.object({ site: z.string(), couldRun: z.boolean(), sentence: z.string(), fix: z.string().nullish() })).default([]),
});
export type Forecast = z.infer<typeof Forecast>;

export const Version = z.object({
  hash: z.string(),
  name: z.string(),
  proposedAt: instant,
  state: z.string(),
  approvals: z.union([z.int(), z.array(z.unknown())]).transform((given) => (typeof given === 'number' ? given : given.length)),
  epsilon: Epsilon.nullish(),
});
export type Version = z.infer<typeof Version>;

export const Difference = z.object({
  changes: z.array(
    z.object({
      path: z.string(),
      before: z.unknown(),
      after: z.unknown(),
      effect: z.object({ epsilon: z.unknown().optional(), data: z.unknown().optional(), release: z.unknown().optional() }).nullish(),
      sentence: z.string(),
    }),
  ),
});
export type Difference = z.infer<typeof Difference>;

const Specification = z.object({ hash: z.string(), yaml: z.string(), canonical: z.unknown().optional() });

export const CurvePoint = z.object({ round: z.int(), loss: number, trainLoss: number, testLoss: number, accuracy: number, auroc: number });
export type CurvePoint = z.infer<typeof CurvePoint>;

const RocPoint = z.object({ threshold: z.number(), falsePositiveRate: z.number(), sensitivity: z.number(), precision: number });
export type RocPoint = z.infer<typeof RocPoint>;

/** All that signed totals tell of a study's model. */
export const Metrics = z.object({
  points: z.array(CurvePoint),
  latest: LatestMetrics.nullable().default(null),
  curves: z.object({ roc: z.array(RocPoint).nullish() }).nullish(),
  confusion: z.object({ labels: z.array(z.string()), rows: z.array(z.array(z.number().nullable())) }).nullish(),
});
export type Metrics = z.infer<typeof Metrics>;

export const listStudies = (signal?: AbortSignal) => callAll(StudySummary, '/studies?limit=100', signal);
export const readStudy = (hash: string, signal?: AbortSignal) => call(StudyView, `/studies/${hash}`, { signal });
export const readRounds = (hash: string, signal?: AbortSignal) => callAll(RoundView, `/studies/${hash}/rounds`, signal);
export const readPhases = (hash: string, round: number | undefined, signal?: AbortSignal) =>
  call(z.object({ items: z.array(SitePhase) }), `/studies/${hash}/site-phases${query({ round })}`, { signal });
export const readMetrics = (hash: string, signal?: AbortSignal) => call(Metrics, `/studies/${hash}/metrics`, { signal });
const Comparison = z.object({
  items: z.array(
    z.object({
      hash: z.string(),
      name: z.string(),
      state: z.enum(STUDY_STATES),
      sites: z.int(),
      epsilon: Epsilon.nullish(),
      points: z.array(CurvePoint),
      latest: LatestMetrics.nullable().default(null),
    }),
  ),
});
export type Compared = z.infer<typeof Comparison>['items'][number];

export const compareStudies = (hashes: readonly string[], signal?: AbortSignal) =>
  call(Comparison, `/studies/compare?ids=${hashes.join(',')}`, { signal });
export const readSpecification = (hash: string, signal?: AbortSignal) => call(Specification, `/studies/${hash}/specification`, { signal });
export const readVersions = (hash: string, signal?: AbortSignal) => call(pageOf(Version), `/studies/${hash}/versions`, { signal });
export const readDifference = (hash: string, other: string, signal?: AbortSignal) =>
  call(Difference, `/studies/${hash}/diff/${other}`, { signal });
export const forecast = (yaml: string, signal?: AbortSignal) =>
  call(Forecast, '/studies/forecast', { method: 'POST', body: { yaml }, signal });
export const propose = (specification: string) => call(StudyView, '/studies', { method: 'POST', body: { specification } });
export const launch = (hash: string) => call(Nothing, `/studies/${hash}/launch`, { method: 'POST', body: {} });
export const stop = (hash: string) => call(Nothing, `/studies/${hash}/stop`, { method: 'POST', body: {} });
const Reminded = z.object({ mails: z.int(), webhooks: z.int() });
export const remind = (hash: string) => call(Reminded, `/studies/${hash}/reminder`, { method: 'POST', body: {} });
export const goOnWithout = (hash: string, site: string) => call(Nothing, `/studies/${hash}/excused`, { method: 'POST', body: { site } });
export const readModel = async (hash: string) => (await send(`/studies/${hash}/model`)).blob();
