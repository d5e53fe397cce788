import type { CohortSchema } from '../cohort-schema.js';
import { GROUP_COUNTS, SITE_COUNTS } from './metric-counts.js';
import type { OutcomeMetrics } from './families.js';
import { outcomeMetrics } from './outcome-metrics.js';
import { subgroupLevels, type Subgroup, type SubgroupLevels } from './subgroups.js';

/** The part of a study that decides what is measured. */
export interface MeasuredStudy {
  readonly cohort: Pick<CohortSchema, 'outcome' | 'inputs' | 'inputOrder'>;
  readonly metrics: { readonly subgroups: readonly Subgroup[] };
}

/** What is measured in a study without noise. */
export interface MetricPlan {
  readonly outcome: MeasuredStudy['cohort']['outcome'];
  readonly metrics: OutcomeMetrics;
  readonly subgroups: readonly SubgroupLevels[];
  /** Names of the whole numbers that ride in a sum, in order. */
  readonly names: readonly string[];
}

/** What stands before the names of one level's numbers. */
export const levelPrefix = ({ input }: Pick<SubgroupLevels, 'input'>, level: number): string => `${input}.${level}/`;

export function metricPlan({ cohort, metrics: { subgroups: declared } }: MeasuredStudy): MetricPlan {
  const metrics = outcomeMetrics(cohort.outcome);
  const subgroups = declared.map((subgroup) => subgroupLevels(cohort, subgroup));
  const ofLevels = subgroups.flatMap((subgroup) =>
    subgroup.levels.flatMap((_, level) => [...GROUP_COUNTS, ...metrics.level].map((name) => `${levelPrefix(subgroup, level)}${name}`)),
  );
  return { outcome: cohort.outcome, metrics, subgroups, names: [...SITE_COUNTS, ...GROUP_COUNTS, ...metrics.overall, ...ofLevels] };
}
