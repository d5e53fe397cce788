import { PopulationName, type ResolvedStudy } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { needsBudget } from './paid-round.js';

/** Whose budget a study draws on at this site; undefined where it counts no patients, or over a cohort that is not offered. */
export function chargedPopulation(study: ResolvedStudy, { cohorts }: Pick<SiteConfig, 'cohorts'>): PopulationName | undefined {
  return needsBudget(study) ? PopulationName.safeParse(cohorts.get(study.cohort.name)?.population).data : undefined;
}
