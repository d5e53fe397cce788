export * from './approve-study.js';
export * from './decide-on-ledger.js';
export { keptForLater } from './kept-for-later.js';
export * from './ledger-wishes.js';
export * from './member-work.js';
export * from './on-ledger.js';
export * from './pause-study.js';
export { populationOf } from './population-of.js';
export * from './withdraw-study.js';
