import { SiteName, StudyHash, StudyName } from '@consilium/protocol';
import { z } from 'zod';
import { SiteFit } from '../sites/site-views.js';
import { Epsilon } from './epsilon.js';
import { LatestMetrics } from './metrics-views.js';
import { StudyStateWord, StudySummary } from './study-views.js';

const instant = z.iso.datetime();
const finite = z.number();

/** A row of the list of studies. */
export const StudyListItem = StudySummary.extend({
  /** Forecast; null in mode none. */
  epsilon: Epsilon.nullable(),
  /** The newest losses, oldest first, for a sparkline. */
  losses: z.array(finite),
});
export type StudyListItem = z.infer<typeof StudyListItem>;

export const SpecificationView = z.object({
  hash: StudyHash,
  /** The study file with every default written out. */
  yaml: z.string(),
  /** The very bytes that are hashed: RFC 8785. */
  canonical: z.string(),
});
export type SpecificationView = z.infer<typeof SpecificationView>;

export const StudyVersion = z.object({
  hash: StudyHash,
  name: StudyName,
  proposedAt: instant,
  state: StudyStateWord,
  approvals: z.array(SiteName),
  epsilon: Epsilon.nullable(),
});
export type StudyVersion = z.infer<typeof StudyVersion>;

const Change = z.object({
  path: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  effect: z.object({
    /** If this alone were changed. */
    epsilon: z.object({ before: Epsilon.nullable(), after: Epsilon.nullable() }).optional(),
    data: z.string().optional(),
    release: z.string().optional(),
  }),
  sentence: z.string(),
});

export const StudyDifference = z.object({
  from: StudyHash,
  to: StudyHash,
  epsilon: z.object({ before: Epsilon.nullable(), after: Epsilon.nullable() }),
  changes: z.array(Change),
});
export type StudyDifference = z.infer<typeof StudyDifference>;

const FieldProblem = z.object({ pointer: z.string(), detail: z.string(), fix: z.string().nullable() });

/** What a study file comes to, or what is wrong with it: always an answer, so that an editor can ask at every stop. */
export const StudyForecast = z.object({
  ok: z.boolean(),
  problems: z.array(FieldProblem),
  /** What follows is null until the file can be read as a study. */
  hash: StudyHash.nullable(),
  /** Null in mode none as well, which promises nothing. */
  epsilon: z.object({ promise: Epsilon, ifAllOthersCollude: Epsilon, delta: finite }).nullable(),
  /** The promise as a chance. */
  odds: z.string().nullable(),
  rounds: z.int().nullable(),
  parameterCount: z.int().nullable(),
  /** Of one site and train round. */
  uploadBytes: z.int().nullable(),
  /** Of one site and the whole study. */
  uploadBytesInAll: z.int().nullable(),
  sites: z.array(SiteFit),
});
export type StudyForecast = z.infer<typeof StudyForecast>;

export const CurvePoint = z.object({
  round: z.int(),
  /** Sites whose totals these are. */
  contributors: z.int(),
  /** On test patients; on training patients where those are held back. */
  loss: finite.nullable(),
  trainLoss: finite.nullable(),
  testLoss: finite.nullable(),
  accuracy: finite.nullable(),
  auroc: finite.nullable(),
});
export type CurvePoint = z.infer<typeof CurvePoint>;

const RocPoint = z.object({ threshold: finite, falsePositiveRate: finite, sensitivity: finite, precision: finite.nullable() });

/** Everything that is known of a study's model, from signed totals alone. */
export const StudyMetricsView = z.object({
  points: z.array(CurvePoint),
  /** The state that the rest is about; null before the first metrics. */
  latest: LatestMetrics.nullable(),
  curves: z
    .object({
      /** Only with noise: without it the sites sign the area and keep the curve. */
      roc: z.array(RocPoint).nullable(),
      calibration: LatestMetrics.shape.calibration,
    })
    .nullable(),
  /** Rows are true, columns what the model called them. */
  confusion: z.object({ labels: z.array(z.string()), rows: z.array(z.array(finite.nullable())) }).nullable(),
  subgroups: LatestMetrics.shape.subgroups,
});
export type StudyMetricsView = z.infer<typeof StudyMetricsView>;

export const SitePhase = z.object({
  site: SiteName,
  attempt: z.int(),
  /** From the announcement to the whole upload; to the signed list; to the released shares; from the sum to the signed state. */
  phase: z.enum(['train', 'list', 'unmask', 'apply']),
  from: instant,
  /** Null while it lasts. */
  to: instant.nullable(),
  state: z.enum(['running', 'done', 'late', 'refused', 'failed', 'out-of-step']),
  code: z.string().nullable(),
});
export type SitePhase = z.infer<typeof SitePhase>;

export const SitePhases = z.object({ round: z.int(), items: z.array(SitePhase) });
export type SitePhases = z.infer<typeof SitePhases>;

export const Comparison = z.object({
  items: z.array(
    z.object({
      hash: StudyHash,
      name: StudyName,
      state: StudyStateWord,
      sites: z.int(),
      epsilon: Epsilon.nullable(),
      points: z.array(CurvePoint),
      latest: LatestMetrics.nullable(),
    }),
  ),
});
export type Comparison = z.infer<typeof Comparison>;
