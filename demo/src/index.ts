export * from './consortium/consortium.js';
export * from './consortium/managed-process.js';
export { PROGRAMS, PROJECT_ROOT } from './consortium/programs.js';
export { makeWorkspace } from './consortium/workspace.js';
export { checkSums } from './study/exact-sums.js';
export { ownAccuracy } from './study/site-results.js';
export { progressOf, watchStudy } from './study/watch-study.js';
