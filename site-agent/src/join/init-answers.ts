import { CohortName, SiteName } from '@consilium/protocol';
import { z } from 'zod';

/** What `init` needs to know: five questions, or a file of answers. */
export const InitAnswers = z.strictObject({
  site: SiteName,
  coordinator: z.string(),
  state: z.string().min(1).default('state'),
  /** The first cohort; more are added in site.yaml. */
  cohort: CohortName.optional(),
  data: z.string().min(1).optional(),
  patientId: z.string().min(1).optional(),
  public: z.boolean().default(false),
  metrics: z.string().default('none'),
});
export type InitAnswers = z.infer<typeof InitAnswers>;

/** The five questions, in order; what is not asked has a default that `site.yaml` shows. */
export const INIT_QUESTIONS = [
  { answer: 'site', question: 'Name of this site, as the coordinator will know it', example: 'st-elsewhere' },
  { answer: 'coordinator', question: 'Address of the coordinator', example: 'coord.heart.example:443' },
  { answer: 'cohort', question: 'Name of the first cohort', example: 'heart' },
  { answer: 'data', question: 'Its CSV files', example: '/data/heart/*.csv' },
  { answer: 'patientId', question: 'Column that tells patients apart (empty: each row is a patient)', example: 'pid' },
] as const satisfies readonly { readonly answer: keyof InitAnswers; readonly question: string; readonly example: string }[];
