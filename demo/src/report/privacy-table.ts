import type { ShownEpsilon } from '@consilium/privacy';
import type { FoundPrivacy } from './demo-result.js';

const DIGITS = 3;
const UNIT = 10 ** DIGITS;

/** Rounded up: an epsilon that is shown is a bound too. */
const epsilon = (value: ShownEpsilon): string => (value === 'unbounded' ? value : (Math.ceil(value * UNIT) / UNIT).toFixed(DIGITS));
const left = (value: number): string => (Math.floor(value * UNIT) / UNIT).toFixed(DIGITS);
const percent = (value: number): string => `${Math.ceil(value)} %`;

/** What the study cost one patient of each hospital, and what is left of each budget. */
export function renderPrivacy(mode: string, found: FoundPrivacy): string[] {
  const { promise, ifAllOthersCollude, delta, budgets } = found;
  const width = Math.max(8, ...budgets.map(({ site }) => site.length)) + 2;
  const row = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(width) : cell.padStart(14))).join('');
  return [
    `Privacy: mode ${mode}, delta ${delta}. Hospitals take 1e-5 unless told otherwise; the policies of these four allow ${delta}.`,
    row(['', 'study', 'if all others', 'budget', 'epsilon', 'epsilon', 'limit of']),
    row(['hospital', 'epsilon', 'collude', 'used', 'used', 'left', 'population']),
    ...budgets.map(({ site, percentUsed, epsilonUsed, epsilonLeft, epsilonLimit }) =>
      row([
        site,
        epsilon(promise.rdp),
        epsilon(ifAllOthersCollude.rdp),
        percent(percentUsed),
        epsilon(epsilonUsed),
        left(epsilonLeft),
        epsilon(epsilonLimit),
      ]),
    ),
    `By the tighter accountant (PLD) the study costs ${epsilon(promise.pld)}, and ${epsilon(ifAllOthersCollude.pld)} if all others collude.`,
    'Epsilons are not additive: a ledger converts all releases together, at orders fixed when it was made, so one study reads higher',
    'there than by itself, and a second adds less than its own. Percentages of the budget add up, and decide.',
    '',
    'Mean accuracy at this epsilon *',
    `${'pooled rows, noise added once'.padEnd(44)}${found.accuracyPooled.toFixed(DIGITS)}`,
    `${'each hospital adds all of the noise'.padEnd(44)}${found.accuracyLocal.toFixed(DIGITS)}`,
  ];
}
