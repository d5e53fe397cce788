import { rdpAccountant, shownBudget } from '@consilium/ledger';
import { PopulationName, type StudyHash } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import type { SiteState } from '../state/index.js';
import { readPopulationLedger } from './read-population-ledger.js';

/** What a study has taken of the budget of its patients, and how that budget stands. */
export interface SpentBudget {
  readonly population: string;
  /** Of this study: each is one noisy sum that left this site. */
  readonly releases: number;
  /** Of all studies, as the ledger shows it: percent of the limit, and epsilon. */
  readonly percentSpent: number;
  readonly epsilonSpent: number;
  readonly epsilonLimit: number;
}

/** Reads the ledger in which the study stands; undefined where it stands in none. Reading changes nothing. */
export async function spentBudget(state: SiteState, config: SiteConfig, study: StudyHash): Promise<SpentBudget | undefined> {
  for (const population of [...config.budgets.keys()].flatMap((name) => PopulationName.safeParse(name).data ?? [])) {
    const read = await readPopulationLedger(state, population);
    const entered = read?.state.studies.get(study);
    if (!read || !entered) continue;
    const { spent, epsilonMax } = shownBudget(read.state, rdpAccountant());
    const releases = [...entered.holdings.values()].filter(({ status }) => status === 'spent').length;
    return { population, releases, percentSpent: spent.percentUsed, epsilonSpent: spent.epsilonUsed, epsilonLimit: epsilonMax };
  }
  return undefined;
}
