import type { StudyHash } from '@consilium/protocol';
import type { SpentBudget } from '../ledger/index.js';
import type { SiteState } from '../state/index.js';

/** What ending or resting does not give back. */
export interface StaysSpent {
  /** Rounds for which a contribution of this site was on its way: spent means uploaded (PROTOCOL.md section 7). */
  readonly rounds: number;
  readonly budget: SpentBudget | null;
  readonly sentence: string;
}

/** @param budget - what the ledger says; undefined for a study that is in none */
export function whatStaysSpent(state: SiteState, study: StudyHash, budget: SpentBudget | undefined): StaysSpent {
  const row = state.database.prepare('SELECT count(DISTINCT round) AS rounds FROM study_upload WHERE study = ?').get(study);
  const rounds = Number(row?.['rounds'] ?? 0);
  const sentence =
    rounds === 0
      ? 'This site has contributed to no round of it; nothing is spent.'
      : `What left this site stays spent: its contributions to ${rounds} ${rounds === 1 ? 'round' : 'rounds'}.`;
  return { rounds, budget: budget ?? null, sentence: budget === undefined ? sentence : `${sentence}\n${ledgerSentence(budget)}` };
}

/** Percent and epsilon are of the whole population: epsilons of single studies do not add up to them. */
function ledgerSentence({ population, releases, percentSpent, epsilonSpent, epsilonLimit }: SpentBudget): string {
  const percent = Math.ceil(percentSpent * 10) / 10;
  const epsilon = Math.ceil(epsilonSpent * 1e4) / 1e4;
  return `Population ${population}: ${releases} releases of this study; with all studies ${percent} % of the limit is spent, epsilon ${epsilon} of ${epsilonLimit}.`;
}
