import type { CohortReport } from '@consilium/cohort';
import { unsupportedOperation, type EngineName } from '@consilium/learning';
import { ConsiliumError, type ResolvedStudy } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { needsBudget } from '../ledger/paid-round.js';
import { findOverlaps, refuseOverlaps } from '../overlap/index.js';
import { siteRefused } from '../rounds/site-refused.js';
import { recordedEngine, type SiteState } from '../state/index.js';
import { checkStudyCohort, refuseBadCohort } from './check-study-cohort.js';
import { policyRefusals } from './policy.js';
import { checkPublicSize } from './public-size.js';

/**
 * Everything that this site asks of a study before an officer may sign: its own rules first, then its data.
 * @returns what an officer should know although it forbids nothing
 * @throws SiteRefused, CohortRefused, OverlapRefused: the first reason against; ConsiliumError STUDY_OF_OTHERS
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
  const unsupported = unsupportedOperation(engineHere(state, config), study.derived.layers);
  if (unsupported) throw siteRefused('ENGINE_UNSUPPORTED', { op: unsupported.op });
  const report = await checkStudyCohort(state, config, study.cohort.name, study.cohort);
  refuseBadCohort(report);
  checkPublicSize(study, config.site, report);
  const counted = needsBudget(study) ? await findOverlaps(state.layout, config, study.cohort.name) : [];
  return [...deltaWarnings(study, report), ...refuseOverlaps(counted)];
}

/** What this site trains on: as site.yaml says or the agent chose; before its first start, what is always there. */
const engineHere = (state: SiteState, { engine }: SiteConfig): EngineName =>
  engine === 'auto' ? (recordedEngine(state)?.name ?? 'wasm') : engine;

/**
 * A delta above 1 over the number of patients allows to give away one of them whole now and then (field case PRV-3). The
 * number stays here: the warning is for the officer's eyes.
 */
function deltaWarnings({ privacy }: ResolvedStudy, { train, test }: CohortReport): readonly string[] {
  const patients = train.patients + test.patients;
  if (privacy.mode === 'none' || privacy.delta * patients <= 1) return [];
  return [
    `privacy.delta is ${privacy.delta}, more than 1 over the ${patients} patients of this site: such a promise may fail for one of them. Ask for at most ${Number((1 / patients).toPrecision(2))}.`,
  ];
}
