export * from './describe-findings.js';
export * from './examine.js';
export type { EngineProbe } from './checks/machine.js';
export type { Rights } from './checks/data.js';
export type { CheckGroup, Finding } from './finding.js';
export { keepExamining, type KeptExamination } from './keep-examining.js';
