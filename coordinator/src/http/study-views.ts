import { CohortName, SiteName, StudyHash, StudyName } from '@consilium/protocol';
import { z } from 'zod';
import { SiteFit } from '../sites/site-views.js';
import { LatestMetrics, MetricsPoint } from './metrics-views.js';

const instant = z.iso.datetime();
const sentence = z.string();

/** What a study is doing; `stateReason` says it in a sentence. */
export const StudyStateWord = z.enum(['proposed', 'queued', 'keys', 'running', 'waiting', 'releasing', 'done', 'stopped', 'failed']);
export type StudyStateWord = z.infer<typeof StudyStateWord>;

/** Where one site is within a study. The four words refused, failed, late and lost are never mixed (DESIGN.md section 2). */
export const SiteStatus = z.object({
  site: SiteName,
  state: z.enum([
    'not-approved',
    'approved',
    'blocked',
    'ready',
    'training',
    'sealing',
    'uploading',
    'counted',
    'opening',
    'applied',
    'refused',
    'failed',
    'late',
    'lost',
    'out-of-step',
    'done',
  ]),
  since: instant.nullable(),
  /** A code of the fixed list, where the site refused or failed. */
  code: z.string().nullable(),
  sentence: sentence.nullable(),
  whoCanAct: sentence.nullable(),
  incident: z.string().nullable(),
  /** All that keeps the site from the study at this moment, the one above first; none where nothing does. */
  reasons: z.array(z.object({ since: instant.nullable(), code: z.string().nullable(), sentence, whoCanAct: sentence })),
});
export type SiteStatus = z.infer<typeof SiteStatus>;

export const StudySummary = z.object({
  hash: StudyHash,
  name: StudyName,
  state: StudyStateWord,
  stateReason: sentence,
  proposedAt: instant,
  round: z.int(),
  rounds: z.int(),
  sitesReady: z.int(),
  sitesNeeded: z.int(),
});
export type StudySummary = z.infer<typeof StudySummary>;

export const StudyView = StudySummary.extend({
  /** Of the round, where one is under way. */
  phase: z.string().nullable(),
  attempt: z.int().nullable(),
  deadline: instant.nullable(),
  sites: z.array(SiteStatus),
  approvals: z.array(z.object({ site: SiteName, release: z.enum(['ask', 'in-advance']) })),
  /** The newest twenty; all of them are at /studies/{id}/metrics. */
  metrics: z.array(MetricsPoint),
  /** The last point of `metrics` in full; null before there is one. */
  latest: LatestMetrics.nullable(),
  releaseVotes: z.array(z.object({ site: SiteName, vote: z.enum(['yes', 'no']) })),
  thresholds: z.object({ n: z.int(), c: z.int(), t: z.int(), m: z.int() }),
  /** Bytes of one contribution and of one sum of a train round. */
  uploadBytes: z.int(),
  sumBytes: z.int(),
  /** The sequence number of the last event: where a watcher goes on. */
  seq: z.int(),
});
export type StudyView = z.infer<typeof StudyView>;

export const RoundView = z.object({
  round: z.int(),
  attempt: z.int(),
  kind: z.enum(['train', 'evaluate']),
  outcome: z.enum(['running', 'done', 'failed']),
  reason: sentence.nullable(),
  announcedAt: instant,
  endedAt: instant.nullable(),
  participants: z.array(SiteName),
  contributors: z.array(SiteName),
  foldBytes: z.int().nullable(),
  foldSha256: z.string().nullable(),
  /** Sites that dealt or released shares which were not what was signed for; they were left out where enough others were in. */
  faulty: z.array(SiteName),
  outOfStep: z.array(SiteName),
});
export type RoundView = z.infer<typeof RoundView>;

export const StudyEventView = z.object({ seq: z.int(), at: instant, event: z.looseObject({ type: z.string() }) });
export type StudyEventView = z.infer<typeof StudyEventView>;

export const StudyCheck = z.object({
  hash: StudyHash,
  name: StudyName,
  cohort: CohortName,
  sites: z.array(SiteFit),
});
export type StudyCheck = z.infer<typeof StudyCheck>;
