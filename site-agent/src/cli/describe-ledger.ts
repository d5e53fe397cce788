import { fingerprintWords } from '@consilium/identity';
import { rdpAccountant, shownBudget, type ReadLedger, type ShownSum } from '@consilium/ledger';

/** A budget as people read it, and the same as data. */
export interface LedgerDescription {
  readonly lines: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** @param configured - the limit in `site.yaml`, if it has one */
export function describeLedger({ state, size }: ReadLedger, configured: number | undefined): LedgerDescription {
  const { population } = state.name;
  const { held, spent, epsilonMax, delta, frozen, training, evaluation } = shownBudget(state, rdpAccountant());
  const studies = [...state.studies].map(([hash, { status, holdings }]) => {
    const count = (wanted: string) => [...holdings.values()].filter((holding) => holding.status === wanted).length;
    return { study: hash, status, spent: count('spent'), reserved: count('reserved') };
  });
  const used = ({ percentUsed, epsilonUsed, epsilonLeft }: ShownSum) => ({ percentUsed, epsilonUsed, epsilonLeft });
  const differs = configured !== undefined && configured !== epsilonMax;
  return {
    data: {
      population,
      entries: size,
      epsilonLimit: epsilonMax,
      configuredLimit: configured ?? null,
      delta,
      frozen,
      held: used(held),
      spent: used(spent),
      training: { held: used(training.held), spent: used(training.spent) },
      evaluation: { held: used(evaluation.held), spent: used(evaluation.spent) },
      studies,
    },
    lines: [
      `population  ${population}${frozen ? ', frozen' : ''}`,
      `used        ${percent(held.percentUsed)} of the limit, ${percent(spent.percentUsed)} spent, the rest reserved`,
      `limit       epsilon ${epsilonMax} at delta ${delta}${differs ? `; site.yaml says ${configured}` : ''}`,
      `epsilon     ${held.epsilonUsed.toFixed(4)} used (${spent.epsilonUsed.toFixed(4)} spent), ${held.epsilonLeft.toFixed(4)} left`,
      '            Epsilons do not add up over studies (two of 1 make less than 2 together); the percentages do.',
      ...studies.map((one) => `study       ${one.study.slice(0, 8)}  ${one.status}, ${one.spent} releases spent, ${one.reserved} reserved`),
      ...(studies.length === 0 ? ['study       none yet'] : []),
    ],
  };
}

/** Eight words over the root of all entries, to compare with the console's. */
export function describeHead({ state, size, root, checkpoint }: ReadLedger): LedgerDescription {
  const words = fingerprintWords(root);
  return {
    data: { population: state.name.population, entries: size, root: root.toString('hex'), words, checkpoint: checkpoint ?? null },
    lines: [`${state.name.site}, population ${state.name.population}, ${size} entries`, words],
  };
}

/** One digit, rounded up. */
const percent = (value: number): string => `${(Math.ceil(value * 10) / 10).toFixed(1)} %`;
