import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCohort, type EncodedCohort } from '@consilium/cohort';
import { parseYaml, StudyFile, type CohortSchema } from '@consilium/protocol';

export const HOSPITALS = ['cleveland', 'hungarian', 'switzerland', 'va'] as const;

/** The study file whose cohort, model and algorithm the scripts use. */
export const heartStudy = (): StudyFile =>
  parseYaml(readFileSync(new URL('../../../demo/heart.yaml', import.meta.url), 'utf8'), StudyFile, 'study file demo/heart.yaml');

/** `--data DIR`, else `$CONSILIUM_DATA`, else `../shared/data` beside the repository. */
export const dataFolder = (argument: string | undefined): string =>
  argument ?? process.env['CONSILIUM_DATA'] ?? new URL('../../../../shared/data', import.meta.url).pathname;

/** The four hospitals' rows, by the agent's own reader. */
export async function heartCohorts(folder: string, schema: CohortSchema): Promise<readonly EncodedCohort[]> {
  const cohorts: EncodedCohort[] = [];
  for (const hospital of HOSPITALS)
    cohorts.push(await loadCohort({ schema, source: { type: 'csv', path: join(folder, 'heart-disease', `${hospital}.csv`) } }));
  return cohorts;
}

/** The schema with the test rows left out by rule: what reads by it never looks at their outcomes. */
export const withoutTestRows = (schema: CohortSchema): CohortSchema => ({
  ...schema,
  exclude: [...schema.exclude, { column: 'split', equals: ['test'] }],
});
