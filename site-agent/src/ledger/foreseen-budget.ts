import { statSync } from 'node:fs';
import { forPlanner, ledgerPlace, type DecidedBy, type LedgerState } from '@consilium/ledger';
import { afterFirstRound, newLedger } from '@consilium/privacy';
import type { PopulationName, ResolvedStudy, StudyHash } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { siteRefused, type SiteRefused } from '../rounds/site-refused.js';
import type { SiteState } from '../state/index.js';
import { chargedPopulation } from './charged-population.js';
import { readPopulationLedger } from './read-population-ledger.js';

interface Read {
  /** Size and time of the file: what was read is read again only when it has changed. */
  readonly mark: string;
  readonly ledger: LedgerState | undefined;
}

/** Whether a budget would let a study begin, from the ledger as it lies on disk: looking reserves nothing (field case PRV-4). */
export class ForeseenBudgets {
  readonly #read = new Map<PopulationName, Read>();

  constructor(
    private readonly state: SiteState,
    private readonly config: Pick<SiteConfig, 'cohorts' | 'budgets'>,
  ) {}

  /**
   * @returns BUDGET_EXHAUSTED, POLICY_BUDGET or PAUSED; nothing where the first round can be paid or is held already, or where
   * the mode needs no budget. Of a population without a ledger yet by what `site.yaml` says.
   * @throws ConsiliumError LEDGER_INVALID
   */
  async refusal(hash: StudyHash, study: ResolvedStudy): Promise<SiteRefused | undefined> {
    const population = chargedPopulation(study, this.config);
    const budget = population === undefined ? undefined : this.config.budgets.get(population);
    if (population === undefined || budget === undefined || study.privacy.mode === 'none') return undefined;
    const found = await this.#ledger(population);
    if (found?.frozen) return siteRefused('PAUSED', { by: pausedBy(found.frozen) });
    if ((found?.studies.get(hash)?.holdings.size ?? 0) > 0) return undefined;
    const ledger = found ? forPlanner(found) : newLedger(population, budget.epsilonLimit, budget.delta);
    const { after, fits } = afterFirstRound(study, ledger);
    if (fits) return undefined;
    const reach = after?.epsilonUsed ?? Infinity;
    if (!Number.isFinite(reach)) return siteRefused('POLICY_BUDGET', { population, why: 'limit' });
    const limit = String(Number(ledger.terms.epsilonMax.toFixed(6)));
    return siteRefused('BUDGET_EXHAUSTED', { population, wouldReach: reach.toFixed(4), limit });
  }

  async #ledger(population: PopulationName): Promise<LedgerState | undefined> {
    const file = statSync(ledgerPlace(this.state.layout.ledgers, population).lines, { throwIfNoEntry: false });
    const mark = `${file?.size} ${file?.mtimeMs}`;
    const known = this.#read.get(population);
    if (known?.mark === mark) return known.ledger;
    const ledger = (await readPopulationLedger(this.state, population))?.state;
    this.#read.set(population, { mark, ledger });
    return ledger;
  }
}

const pausedBy = ({ role }: DecidedBy): string => (role === 'officer' ? 'officer' : role === 'coordinator' ? 'consortium' : 'site');
