import { fingerprintWords, officerWords } from '@consilium/identity';
import {
  deciderWords,
  decisionWords,
  rdpAccountant,
  shownBudget,
  type Decided,
  type DecidedBy,
  type ReadLedger,
  type ShownSum,
} from '@consilium/ledger';
import type { QueuedDecision } from '../ledger/index.js';

/** A budget as people read it, and the same as data. */
export interface LedgerDescription {
  readonly lines: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * @param configured - the limit in `site.yaml`, if it has one
 * @param queued - decisions that are not entered yet, or were refused
 */
export function describeLedger(
  { state, size }: ReadLedger,
  configured: number | undefined,
  queued: readonly QueuedDecision[] = [],
): LedgerDescription {
  const { population } = state.name;
  const { held, spent, epsilonMax, delta, frozen, training, evaluation } = shownBudget(state, rdpAccountant());
  const studies = [...state.studies].map(([hash, { status, by, holdings }]) => {
    const count = (wanted: string) => [...holdings.values()].filter((holding) => holding.status === wanted).length;
    return { study: hash, status, by: deciderOf(by), spent: count('spent'), reserved: count('reserved') };
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
      witnesses: state.terms.witnesses,
      studies,
      decisions: state.decisions.map(({ index, at, decision, by }) => ({ entry: index, at, decision, by: deciderOf(by) })),
      notEntered: queued.map(({ decision, by, decidedAt, outcome, detail }) => ({
        decision,
        by: deciderOf(by),
        decidedAt,
        outcome: outcome ?? 'waiting',
        detail,
      })),
    },
    lines: [
      `population  ${population}${state.frozen === undefined ? '' : `, frozen by ${deciderWords(state.frozen)}`}`,
      `used        ${percent(held.percentUsed)} of the limit, ${percent(spent.percentUsed)} spent, the rest reserved`,
      `limit       epsilon ${epsilonMax} at delta ${delta}${differs ? `; site.yaml says ${configured}` : ''}`,
      `epsilon     ${held.epsilonUsed.toFixed(4)} used (${spent.epsilonUsed.toFixed(4)} spent), ${held.epsilonLeft.toFixed(4)} left`,
      '            Epsilons do not add up over studies (two of 1 make less than 2 together); the percentages do.',
      ...studies.map(
        (one) =>
          `study       ${one.study.slice(0, 8)}  ${one.status} by ${deciderWords(one.by)}, ${one.spent} releases spent, ${one.reserved} reserved`,
      ),
      ...(studies.length === 0 ? ['study       none yet'] : []),
      `witnesses   ${state.terms.witnesses.join(', ')}`,
      ...state.decisions.map((one) => `decided     ${decidedLine(one)}`),
      ...officers(state.decisions).map(([name, key]) => `officer     ${name}  ${officerWords(Buffer.from(key, 'hex'))}`),
      ...queued.map(
        ({ decision, by, outcome, detail }) =>
          `${outcome === null ? 'waiting' : 'refused'}     ${decisionWords(decision)}, by ${deciderWords(by)}${detail === null ? '' : `: ${detail}`}`,
      ),
    ],
  };
}

/** Who decided, as data: of an officer also the public key, hex. */
function deciderOf(by: DecidedBy): { readonly role: DecidedBy['role']; readonly name: string; readonly key: string | null } {
  return { role: by.role, name: by.name, key: by.role === 'officer' ? by.key : null };
}

const decidedLine = ({ index, at, decision, by }: Decided): string =>
  `${at.slice(0, 10)}  ${decisionWords(decision)}, by ${deciderWords(by)} (line ${index + 1})`;

/** Each key once, with the name that its officer had: to compare the words with the officer. */
function officers(decisions: readonly Decided[]): readonly (readonly [string, string])[] {
  const keys = new Map(decisions.flatMap(({ by }) => (by.role === 'officer' ? [[by.key, by.name] as const] : [])));
  return [...keys].map(([key, name]) => [name, key]);
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
