import { tabularCohort } from './tabular-cohort.js';

/** The same with differential privacy for single patients, the noise shared among the sites. */
export const tabularPrivate = (study: string): string => `${tabularCohort(study)}algorithm: { name: dp-sgd, rounds: 40, learningRate: 0.5 }
# What the study may cost one patient is fixed before it starts; consilium study check says what it comes
# to, and with --epsilon X which noise is enough.
privacy:
  mode: patient/distributed # each site adds a share of the noise; patient/local: each adds all of it
  sampling: 1 # each patient takes part in a step with this probability
  clip: 1 # one patient's gradient is shortened to this length
  noiseMultiplier: 25 # in units of one patient's largest influence
  delta: 1.0e-5 # well below 1 over the number of patients
  epsilonMax: 1.5 # a study that costs more is refused
# One table of scores at the start and one at the end, for the evaluation patients, who are other people.
metrics: { every: 10000, noiseMultiplier: 8 }
sites:
  names: [site-a, site-b, site-c, site-d]
  roundDeadline: 10m
  # Training patients of each site, to two significant digits: public, and what the mean gradient is divided by.
  publicSizes: { site-a: 250, site-b: 250, site-c: 250, site-d: 250 }
release: { when: all-sites-agree }
`;
