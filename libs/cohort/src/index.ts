export * from './cohort.js';
export { CohortRefused, type CohortCode, type CohortProblem } from './cohort-problem.js';
export type { CohortReport, ColumnReport, PartReport, RowCount, Tally } from './cohort-report.js';
export type { CohortRequest } from './cohort-request.js';
export { CohortSource } from './cohort-source.js';
export type { EncodedCohort, Rows } from './encoded-cohort.js';
export { renderReport } from './render-report.js';
export type { SourceProposal } from './source-survey.js';
export { splitByPatient, type Part } from './split.js';
