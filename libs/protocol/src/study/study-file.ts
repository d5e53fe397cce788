import { z } from 'zod';
import { SiteName, StudyName } from '../names.js';
import { Algorithm } from './algorithm.js';
import { CohortSchema } from './cohort-schema.js';
import { Duration } from './duration.js';
import { Model } from './model.js';
import { noisyTable } from './metrics/noisy-table.js';
import { Subgroup, subgroupProblems } from './metrics/subgroups.js';
import { modelProblems } from './model-problems.js';
import type { StudyProblem } from './study-problem.js';
import { isPatientMode, NOISE_MULTIPLIERS, Privacy, PublicSize } from './privacy.js';

const sentence = z.string().min(1).max(2_000);

const Sites = z.strictObject({
  names: z
    .array(SiteName)
    .min(3, 'a study needs at least 3 sites')
    .max(372, 'at most 372 sites')
    .refine((names) => new Set(names).size === names.length, 'a site stands twice'),
  minSites: z.int().min(3, 'never fewer than 3').optional(),
  tolerateColluders: z.int().min(1).optional(),
  /** n̂: what each site says of its number of training patients in public; modes that hide patients divide by it. */
  publicSizes: z.record(SiteName, PublicSize).optional(),
  /** Sites without which a round fails. */
  mandatory: z.array(SiteName).default([]),
  roundDeadline: Duration.default('10m'),
  /** Further tries of a round that ended before its list was closed. */
  retries: z.int().min(0).max(20).default(2),
  onMissing: z
    .strictObject({
      lost: z.enum(['continue', 'wait']).default('continue'),
      late: z.enum(['continue', 'wait']).default('continue'),
      refused: z.enum(['continue', 'wait', 'ask']).default('ask'),
    })
    .prefault({}),
});

interface PrivacyParts {
  readonly privacy: Privacy;
  readonly algorithm: Algorithm;
  readonly metrics: { readonly noiseMultiplier?: number | undefined };
  readonly cohort: Pick<CohortSchema, 'outcome'>;
  readonly sites: z.infer<typeof Sites>;
}

/** What a privacy mode asks of the rest of a study (PROTOCOL.md sections 5 and 6). */
function privacyProblems({ privacy: { mode }, algorithm, metrics, sites, cohort }: PrivacyParts): readonly StudyProblem[] {
  const problems: StudyProblem[] = [];
  if ((algorithm.name === 'dp-sgd') !== (mode === 'patient/distributed'))
    problems.push([['algorithm', 'name'], 'dp-sgd goes with privacy.mode patient/distributed, and with no other']);
  if (mode === 'patient/local' && algorithm.name !== 'dp-sgd' && algorithm.batchSize !== 'full')
    problems.push([['algorithm', 'batchSize'], 'privacy.sampling says who takes part in a step: leave it out']);
  if (algorithm.name === 'scaffold' && mode !== 'none')
    problems.push([
      ['algorithm', 'name'],
      'scaffold sends a second vector for each site, which no accountant has charged: take fedavg, fedprox or fedadam, or privacy.mode none',
    ]);
  if (mode === 'none' && metrics.noiseMultiplier !== undefined)
    problems.push([['metrics', 'noiseMultiplier'], 'mode none adds no noise: leave it out']);
  if (mode !== 'none' && metrics.noiseMultiplier !== undefined && !noisyTable(cohort.outcome, 'overall'))
    problems.push([
      ['metrics', 'noiseMultiplier'],
      'Cox regression predicts an order and no probability, so there is no table for the noise: leave it out',
    ]);
  for (const site of Object.keys(sites.publicSizes ?? {}))
    if (!sites.names.some((name) => name === site)) problems.push([['sites', 'publicSizes', site], 'not one of sites.names']);
  if (!isPatientMode(mode)) return problems;
  const largest = algorithm.name === 'dp-sgd' ? Number.POSITIVE_INFINITY : algorithm.maxWeight;
  for (const site of sites.names) {
    const size = sites.publicSizes?.[site];
    if (size !== undefined && size > largest) problems.push([['algorithm', 'maxWeight'], `at least the public size of ${site}`]);
    if (size === undefined)
      problems.push([['sites', 'publicSizes'], `the public size of ${site}: consilium-site cohort check prints it at the site`]);
  }
  return problems;
}

/** A study as a researcher writes it. `resolveStudy` fills in what follows from it. */
export const StudyFile = z
  .strictObject({
    apiVersion: z.literal('consilium/v1'),
    kind: z.literal('Study'),
    name: StudyName,
    purpose: sentence,
    ethics: z.strictObject({ board: sentence, reference: sentence }).optional(),
    population: sentence.optional(),
    cohort: CohortSchema,
    model: Model,
    algorithm: Algorithm,
    privacy: Privacy,
    metrics: z
      .strictObject({
        /** A train round carries metrics about the state before its step, every so many rounds. */
        every: z.int().min(1).max(10_000).default(1),
        /**
         * σ of all tables of metrics together, in units of one patient's largest influence; modes with noise only, where every
         * table is paid for. A cell of one of k tables has σ·√k patients of noise. Without it no metrics leave a site.
         */
        noiseMultiplier: z.number().gt(0, 'above 0').max(NOISE_MULTIPLIERS.most).optional(),
        /** Inputs whose levels are measured one by one, for an audit of fairness; with noise each is one more table. */
        subgroups: z.array(Subgroup).max(10).default([]),
      })
      .prefault({}),
    sites: Sites,
    release: z
      .strictObject({ when: z.enum(['all-sites-agree', 'threshold', 'approved-in-advance']).default('all-sites-agree') })
      .prefault({}),
    /** Seed of the initial weights and of the order of batches. Public. */
    seed: z.int().min(0).max(4_294_967_295).default(1),
  })
  .superRefine((study, context) => {
    for (const [index, site] of study.sites.mandatory.entries())
      if (!study.sites.names.includes(site))
        context.addIssue({ code: 'custom', path: ['sites', 'mandatory', index], message: 'not one of sites.names' });
    const { cohort, model, algorithm, privacy } = study;
    for (const [path, message] of [
      ...privacyProblems(study),
      ...modelProblems({ cohort, model, algorithm, mode: privacy.mode }),
      ...subgroupProblems(cohort, study.metrics.subgroups),
    ])
      context.addIssue({ code: 'custom', path, message });
  });
export type StudyFile = z.infer<typeof StudyFile>;
