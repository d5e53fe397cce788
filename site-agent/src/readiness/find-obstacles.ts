import { unsupportedOperation, type EngineName } from '@consilium/learning';
import type { ResolvedStudy, SiteRefusal, StudyHash } from '@consilium/protocol';
import { approvedStudy, policyRefusals, requireWithinLimit } from '../approval/index.js';
import { opensAt, type SiteConfig } from '../config/index.js';
import type { ForeseenBudgets } from '../ledger/index.js';
import { refusalOf } from '../rounds/site-refused.js';
import type { SiteState } from '../state/index.js';
import type { DataCheck } from './data-check.js';
import type { MachineFit } from './machine-fit.js';

export interface ReadinessSetup {
  readonly state: SiteState;
  readonly config: SiteConfig;
  readonly engine: EngineName;
  readonly machine: MachineFit;
  readonly budgets: ForeseenBudgets;
  readonly data: DataCheck;
  readonly now: () => Date;
}

/**
 * Everything that keeps this site from taking part in a study now, at once (field case UX-1). Before the site has approved
 * it, only what its configuration and its machine say: a study that nobody here has read may not ask the data anything,
 * because a coordinator could propose one study after the other and learn from the answers.
 */
export async function findObstacles(
  { state, config, engine, machine, budgets, data, now }: ReadinessSetup,
  hash: StudyHash,
  study: ResolvedStudy,
): Promise<readonly SiteRefusal[]> {
  const found: SiteRefusal[] = [];
  const look = (check: () => unknown): boolean => {
    try {
      check();
      return true;
    } catch (error) {
      found.push(refusalOf(error));
      return false;
    }
  };
  let epsilonLimit: string | null = null;
  const approved = look(() => ({ epsilonLimit } = approvedStudy(state, hash, { ...config, now: now() }).approval.statement));
  found.push(...policyRefusals(study, config).map(({ refusal }) => refusal));
  const unsupported = unsupportedOperation(engine, study.derived.layers);
  if (unsupported) found.push({ code: 'ENGINE_UNSUPPORTED', fields: { op: unsupported.op } });
  const opens = config.hours && opensAt(config.hours, now());
  if (opens) found.push({ code: 'OUTSIDE_HOURS', fields: { opens: opens.toISOString() } });
  found.push(...machine.refusals(study).map(({ refusal }) => refusal));
  const cohort = config.cohorts.get(study.cohort.name);
  if (!approved || cohort === undefined) return found;
  look(() => requireWithinLimit({ study, epsilonLimit, cohort }));
  const unpaid = await budgets.refusal(hash, study).catch((error: unknown) => refusalOf(error));
  if (unpaid) found.push('refusal' in unpaid ? unpaid.refusal : unpaid);
  return [...found, ...(await data.refusals(hash, study, cohort).catch((error: unknown) => [refusalOf(error)]))];
}
