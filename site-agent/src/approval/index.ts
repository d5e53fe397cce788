export * from './check-study-cohort.js';
export * from './approved-study.js';
export * from './decide.js';
export * from './fetch-proposals.js';
export * from './policy.js';
export * from './read-study.js';
export * from './study-summary.js';
