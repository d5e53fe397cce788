import { tabularCohort } from './tabular-cohort.js';

/** A logistic regression over a table without noise: every field that has no default, and a comment where a choice is to be made. */
export const tabularLogistic = (study: string): string => `${tabularCohort(study)}algorithm:
  name: fedadam
  rounds: 30
  localSteps: 10
  learningRate: 0.05
  serverLearningRate: 0.1
  updateRange: 0.5 # a parameter's largest change in a round; beyond it is clamped, and counted
  maxWeight: 10000 # no site has more patients than this
privacy: { mode: none }
metrics: { every: 1 }
sites: { names: [site-a, site-b, site-c, site-d], roundDeadline: 10m }
release: { when: all-sites-agree }
`;
