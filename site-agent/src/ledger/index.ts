export { BudgetDesk, type BudgetDeskSetup } from './budget-desk.js';
export { memberKeys } from './member-keys.js';
export type { ReservedRound, SpentRound } from './paid-round.js';
export { needsBudget } from './paid-round.js';
export type { PopulationBudget } from './population-budget.js';
export { readPopulationLedger } from './read-population-ledger.js';
export { spentBudget, type SpentBudget } from './spent-budget.js';
export { WitnessCalls } from './witness-calls.js';
export { WitnessDuty } from './witness-duty.js';
