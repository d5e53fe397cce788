export * from './agent-metrics.js';
export * from './log.js';
export * from './serve-metrics.js';
