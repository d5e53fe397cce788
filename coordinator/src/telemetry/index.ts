export { Listening } from './listening.js';
export { createLog } from './log.js';
export { Metrics } from './metrics.js';
export { Readiness, type ReadinessReport } from './readiness.js';
export { measureSites } from './site-gauges.js';
