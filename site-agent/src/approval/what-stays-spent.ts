import type { StudyHash } from '@consilium/protocol';
import type { SiteState } from '../state/index.js';

/** What a study has cost the patients of this site so far, by the ledger of their population. */
export interface SpentBudget {
  readonly population: string;
  /** Decimal text, rounded up. */
  readonly epsilon: string;
}

/** Where the ledger's figures come from; a site without one has none to give. */
export type SpentBudgetOf = (state: SiteState, study: StudyHash) => SpentBudget | undefined;

/** What ending or resting does not give back. */
export interface StaysSpent {
  /** Rounds for which a contribution of this site was on its way: spent means uploaded (PROTOCOL.md section 7). */
  readonly rounds: number;
  readonly budget: SpentBudget | null;
  readonly sentence: string;
}

/** @param budgetOf - figures of the ledger, where there is one */
export function whatStaysSpent(state: SiteState, study: StudyHash, budgetOf: SpentBudgetOf = () => undefined): StaysSpent {
  const row = state.database.prepare('SELECT count(DISTINCT round) AS rounds FROM study_upload WHERE study = ?').get(study);
  const rounds = Number(row?.['rounds'] ?? 0);
  const budget = budgetOf(state, study) ?? null;
  const figures = budget === null ? '' : `, epsilon ${budget.epsilon} of population ${budget.population}`;
  const sentence =
    rounds === 0
      ? 'This site has contributed to no round of it; nothing is spent.'
      : `What left this site stays spent: its contributions to ${rounds} ${rounds === 1 ? 'round' : 'rounds'}${figures}.`;
  return { rounds, budget, sentence };
}
