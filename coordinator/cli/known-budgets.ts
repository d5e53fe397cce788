import { afterStudy, newLedger, type PopulationLedger, type ShownBudget } from '@consilium/privacy';
import type { ResolvedStudy, StudyFile } from '@consilium/protocol';
import type { LedgerView } from '../src/ledgers/ledger-view.js';

/** A limit that is known here, of a population that a study would draw on, or may. */
export interface KnownBudget {
  /** Null for the limit that was given to `study check`. */
  readonly site: string | null;
  readonly population: string | null;
  readonly frozen: boolean;
  /** Whether it is this population for sure: which one a cohort belongs to is known at the site alone. */
  readonly decides: boolean;
  readonly ledger: PopulationLedger;
}

/**
 * @param views - as the coordinator mirrors them
 * @param limit - of a new ledger at the study's delta, beside those
 */
export function knownBudgets(
  { sites, privacy }: StudyFile,
  views: readonly LedgerView[],
  limit: number | undefined,
): readonly KnownBudget[] {
  if (privacy.mode === 'none') return [];
  const mirrored = views
    .filter(({ site }) => sites.names.includes(site))
    .map(({ site, population, frozen, epsilonLimit, delta, orders, charges }) => ({
      site,
      population,
      frozen,
      decides: views.filter((view) => view.site === site).length === 1,
      ledger: { name: `population ${population} at ${site}`, terms: { delta, epsilonMax: epsilonLimit, orders }, held: charges },
    }));
  if (limit === undefined) return mirrored;
  const given = newLedger(`a population with a limit of ${limit}`, limit, privacy.delta);
  return [...mirrored, { site: null, population: null, frozen: false, decides: true, ledger: given }];
}

/** What would be used of each if the study ran to its end (PROTOCOL.md section 7, "What is shown"). */
export function budgetFigures(study: ResolvedStudy, budgets: readonly KnownBudget[]) {
  return budgets.map(({ site, population, frozen, decides, ledger }) => {
    const { before, after, fits } = afterStudy(study, ledger);
    return {
      site,
      population,
      frozen,
      decides,
      epsilonLimit: ledger.terms.epsilonMax,
      delta: ledger.terms.delta,
      before: used(before),
      after: after === undefined ? null : used(after),
      fits: fits && !frozen,
    };
  });
}

const used = ({ percentUsed, epsilonUsed, epsilonLeft }: ShownBudget) => ({ percentUsed, epsilonUsed, epsilonLeft });
