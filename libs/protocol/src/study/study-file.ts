import { z } from 'zod';
import { SiteName, StudyName } from '../names.js';
import { Algorithm } from './algorithm.js';
import { CohortSchema } from './cohort-schema.js';
import { Duration } from './duration.js';
import { Model } from './model.js';

const sentence = z.string().min(1).max(2_000);

const Sites = z.strictObject({
  names: z
    .array(SiteName)
    .min(3, 'a study needs at least 3 sites')
    .max(372, 'at most 372 sites')
    .refine((names) => new Set(names).size === names.length, 'a site stands twice'),
  minSites: z.int().min(3, 'never fewer than 3').optional(),
  tolerateColluders: z.int().min(1).optional(),
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
    privacy: z.strictObject({ mode: z.enum(['none'], 'the only mode of this version is "none"') }),
    metrics: z
      .strictObject({
        /** A train round carries metrics about the state before its step, every so many rounds. */
        every: z.int().min(1).max(1_000).default(1),
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
  });
export type StudyFile = z.infer<typeof StudyFile>;
