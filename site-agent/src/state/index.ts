export * from './approvals.js';
export * from './incidents.js';
export * from './layout.js';
export * from './membership.js';
export * from './private-files.js';
export { isAgentRunning } from './run-lock.js';
export * from './site-state.js';
export * from './studies.js';
export * from './votes.js';
