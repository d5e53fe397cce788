/** What every study over a table begins with: what it is for, the columns, and the model. */
export const tabularCohort = (study: string): string => `apiVersion: consilium/v1
kind: Study
name: ${study}
purpose: What the model is for, in a sentence; research only, not for care
population: Whose data it is learned from
cohort:
  name: ${study.split('-')[0]} # as the sites call the data set in site.yaml
  # The column to predict. A rule says which of its values count as positive.
  outcome: { column: outcome, positive: '> 0', range: [0, 1] }
  # One line for each input. A number needs its range; values outside are an error at the site. center and scale are
  # public constants, the same for all sites: take them from the literature, never from one site's data.
  inputs:
    age: { type: integer, range: [18, 100], center: 55, scale: 10, unit: years }
    sex: { levels: [F, M] }
    # missingCodes: cells that mean "not measured"; impute: what stands in; missingFlag: tell the model that it does.
    creatinine: { range: [10, 2000], center: 80, scale: 30, unit: umol/l, missingCodes: [-1], impute: center, missingFlag: true }
  split: { byPatient: { test: 0.25 } }
model: { type: logistic-regression, l2: 0.01 }
`;
