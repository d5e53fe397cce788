import { ConsiliumError, type ResolvedStudy } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import type { SiteState } from '../state/index.js';
import { checkStudyCohort, refuseBadCohort } from './check-study-cohort.js';
import { policyRefusals } from './policy.js';

/**
 * Everything that this site asks of a study before an officer may sign: its own rules first, then its data.
 * @returns what an officer should know although it forbids nothing
 * @throws SiteRefused, CohortRefused: the first reason against; ConsiliumError STUDY_OF_OTHERS
 */
export async function checkStudyRules(state: SiteState, config: SiteConfig, study: ResolvedStudy): Promise<readonly string[]> {
  if (!study.sites.names.includes(config.site))
    throw new ConsiliumError({
      code: 'STUDY_OF_OTHERS',
      errorClass: 'refused',
      message: `The study does not name ${config.site} among its sites.`,
      fix: 'Ask the researcher to add the site to sites.names and to propose the study again.',
    });
  const [refused] = policyRefusals(study, config);
  if (refused) throw refused;
  refuseBadCohort(await checkStudyCohort(state, config, study.cohort.name, study.cohort));
  return [];
}
