import type { StudyHash } from '@consilium/protocol';
import type { Step } from '@consilium/protocol/wire';
import { approvedStudy, policyRefusals, type ApprovedStudy } from '../approval/index.js';
import { opensAt, type SiteConfig } from '../config/index.js';
import { readObjections } from '../objections/index.js';
import { siteRefused } from '../rounds/site-refused.js';
import type { Site, StudyAtSite } from '../rounds/study-at-site.js';
import { splitKey } from '../training/split-key.js';

export type ReportStep = (study: StudyHash, step: Step, round: number, attempt: number) => void;

/**
 * This site's part in a study. Asked each time anew, so that an approval that was withdrawn, or a rule that was
 * tightened, counts from the next step on.
 * @throws SiteRefused NOT_APPROVED, APPROVAL_ENDED, APPROVAL_STALE, PAUSED, POLICY_MODE, POLICY_MIN_SITES, POLICY_DELTA, COHORT_UNKNOWN; ConsiliumError OBJECTIONS_UNREADABLE
 */
export function enterStudy(site: Site, config: SiteConfig, hash: StudyHash, report: ReportStep, now = () => new Date()): StudyAtSite {
  const { study, approval } = permittedStudy(site, config, hash);
  const offered = config.cohorts.get(study.cohort.name);
  if (!offered) throw siteRefused('COHORT_UNKNOWN', { cohort: study.cohort.name });
  return {
    ...site,
    hash,
    study,
    folder: site.state.studyDirectory(hash),
    cohort: {
      population: offered.population,
      source: offered.source,
      patientId: offered.patientId,
      splitKey: splitKey(site.state.layout, offered.population),
      objections: readObjections(site.state.layout, offered.population),
      minPatients: config.policy.minPatients,
      cacheDir: site.state.layout.images,
    },
    weights: config.weights,
    epsilonLimit: approval.statement.epsilonLimit,
    permitted: () => void permittedStudy(site, config, hash),
    requireOpen: () => {
      requireOpen(config, now());
      site.machine?.require(study);
    },
    releaseInAdvance: approval.statement.release === 'in-advance',
    report: (step, round, attempt) => report(hash, step, round, attempt),
  };
}

/** @throws SiteRefused OUTSIDE_HOURS */
function requireOpen({ hours }: SiteConfig, now: Date): void {
  const opens = hours && opensAt(hours, now);
  if (opens) throw siteRefused('OUTSIDE_HOURS', { opens: opens.toISOString() });
}

function permittedStudy({ state }: Site, config: SiteConfig, hash: StudyHash): ApprovedStudy {
  const approved = approvedStudy(state, hash, config);
  const [forbidden] = policyRefusals(approved.study, config);
  if (forbidden) throw forbidden;
  return approved;
}
