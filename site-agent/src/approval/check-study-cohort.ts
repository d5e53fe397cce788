import { checkCohort, CohortRefused, type CohortReport, type ImageFinding } from '@consilium/cohort';
import type { CohortSchema } from '@consilium/protocol';
import { configuredCohort, type SiteConfig } from '../config/index.js';
import { objectionTest, readObjections } from '../objections/index.js';
import type { SiteState } from '../state/index.js';
import { splitKey } from '../training/split-key.js';

/**
 * Reads a cohort of this site by a study's schema. Local only; nothing is sent.
 * @param name - the cohort's name at this site
 * @param onImage - hears of each image that cannot be used, by its file: for staff here
 * @throws ConsiliumError COHORT_UNKNOWN
 */
export async function checkStudyCohort(
  state: SiteState,
  config: SiteConfig,
  name: string,
  schema: CohortSchema,
  onImage?: (finding: ImageFinding) => void,
): Promise<CohortReport> {
  const { source, patientId, population } = configuredCohort(config, name);
  const key = splitKey(state.layout, population);
  const objections = readObjections(state.layout, population);
  const objects = objections && objectionTest(objections);
  const { minPatients } = config.policy;
  return checkCohort({ source, schema, patientId, splitKey: key, objects, minPatients, cacheDir: state.layout.images, onImage });
}

/** @throws CohortRefused where the report names a problem */
export function refuseBadCohort({ problems }: CohortReport): void {
  const [first, ...rest] = problems;
  if (first) throw new CohortRefused([first, ...rest]);
}
