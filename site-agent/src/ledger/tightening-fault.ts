import { rdpAccountant, type Accountant, type CoordinatorWord, type Decision, type LedgerState } from '@consilium/ledger';

/** What the coordinator may ask: nothing that loosens has a form here. */
export type Tightening = Extract<Decision, { kind: 'limit' | 'freeze' }>;

/** Fixed words of the wire (`TighteningAnswer.refused`). */
export type TighteningFault = 'unreadable' | 'unknown-population' | 'out-of-turn' | 'not-tighter' | 'no-budget' | 'frozen-already';

/**
 * Whether a request of the coordinator lowers what stands now (PROTOCOL.md section 7; UX.md section 1c: a site obeys any
 * tightening, and loosening is for its own officers). The ledger's own rule refuses the same again, for whoever verifies it.
 */
export function tighteningFault(
  { lastRequest, terms, frozen }: LedgerState,
  decision: Tightening,
  { request }: CoordinatorWord,
  accountant: Accountant = rdpAccountant(),
): TighteningFault | undefined {
  if (request <= lastRequest) return 'out-of-turn';
  if (decision.kind === 'freeze') return frozen === undefined ? undefined : 'frozen-already';
  if (decision.epsilonMax >= terms.epsilonMax) return 'not-tighter';
  const budgets = accountant.budgets({ ...terms, epsilonMax: decision.epsilonMax });
  return budgets.some((budget) => Number(budget) > 0) ? undefined : 'no-budget';
}
