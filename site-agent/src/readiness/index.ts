export { DataCheck } from './data-check.js';
export { findObstacles, type ReadinessSetup } from './find-obstacles.js';
export { CLOCK_LIMIT_MS, MachineFit, type MachineSeams } from './machine-fit.js';
export { ReadinessDesk } from './readiness-desk.js';
