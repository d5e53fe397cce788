import { z } from 'zod';

/**
 * Names that people type and machines put into paths, certificates and metrics: lower-case letters, digits and
 * single hyphens, 1 to 40 characters, beginning with a letter.
 */
const NAME = /^[a-z](?:-?[a-z0-9]){0,39}$/;

const nameSchema = (what: string) =>
  z.string().max(40).regex(NAME, `a ${what} is 1 to 40 lower-case letters, digits and single hyphens, and begins with a letter`);

export const SiteName = nameSchema('site name').brand<'SiteName'>();
export type SiteName = z.infer<typeof SiteName>;

export const CohortName = nameSchema('cohort name').brand<'CohortName'>();
export type CohortName = z.infer<typeof CohortName>;

export const StudyName = nameSchema('study name').brand<'StudyName'>();
export type StudyName = z.infer<typeof StudyName>;

/** The people whom one budget protects, whatever cohorts are made of their records. */
export const PopulationName = nameSchema('population name').brand<'PopulationName'>();
export type PopulationName = z.infer<typeof PopulationName>;

/** SHA-256 of a resolved study's canonical JSON, 64 lower-case hex digits: the study's identity. */
export const StudyHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a study hash is 64 hex digits')
  .brand<'StudyHash'>();
export type StudyHash = z.infer<typeof StudyHash>;
