import type { OpenTask, SealTask, SumJob } from './sum-task.js';

/** What a site's worker is told: a run of a job, answered, or that the keys of a job are no longer needed. */
export type SiteMessage =
  | { readonly kind: 'run'; readonly id: number; readonly job: SumJob; readonly task: SealTask | OpenTask }
  | { readonly kind: 'forget'; readonly id: number };
