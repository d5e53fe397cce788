export { BudgetBook } from './budget-book.js';
export type { BudgetPoint, BudgetRecord, HeldRound } from './budget-record.js';
export { BudgetView } from './budget-view.js';
export { Epsilon, epsilonDown, epsilonLimit, epsilonUp } from './epsilon.js';
export { LooseningDesk, LooseningView } from './loosening-desk.js';
export { epsilonOfRounds } from './study-spending.js';
export { TighteningView } from './tightening-view.js';
export { Tightenings } from './tightenings.js';
