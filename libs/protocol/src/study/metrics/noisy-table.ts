import { nameCount, nameRun } from '../count-names.js';
import type { Outcome } from '../outcome.js';
import { hasMatrix } from './class-metrics.js';
import { horizonOf, probabilityOf, type EvaluatedPatients } from './evaluated-patients.js';
import { aurocError, figure, ONE_CLASS, type Figure, type Values } from './figure.js';
import { FIXED_POINT } from './metric-counts.js';
import { scoreCell, scoreTable, scoreValues } from './score-table.js';

/**
 * One table of an outcome: each evaluation patient stands in one cell of it, so that one patient moves it by 1 and
 * everything that is read off it costs nothing more (PROTOCOL.md section 6).
 */
export interface NoisyTable {
  readonly names: readonly string[];
  /** @returns a cell for whatever a model says, also NaN: taking part depends on no patient */
  readonly cellOf: (patients: EvaluatedPatients, patient: number) => number;
  /** Named as totals without noise are. @param cells - in patients, of either sign */
  readonly values: (cells: readonly number[]) => Readonly<Record<string, number>>;
  /** Where the outcome's own figures do not fit the table. */
  readonly figures?: (values: Values, noise: number) => readonly Figure[];
}

/** @returns undefined where no table tells anything of the outcome: Cox regression, which predicts an order and no probability */
export function noisyTable(outcome: Outcome, group: 'overall' | 'level'): NoisyTable | undefined {
  switch (outcome.type) {
    case 'binary':
      return binaryTable(group === 'overall' ? 20 : 10);
    case 'class':
    case 'ordinal':
      return group === 'overall'
        ? classTable(outcome.levels.length)
        : distanceTable(outcome.type === 'class' ? 2 : Math.min(5, outcome.levels.length));
    case 'number':
    case 'count':
      return errorTable(outcome.range);
    case 'survival':
      return outcome.intervals && horizonTable(horizonOf(outcome.intervals));
  }
}

const above0 = (cell: number | undefined): number => Math.max(0, cell ?? 0);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function binaryTable(bins: number): NoisyTable {
  const table = scoreTable(bins);
  return {
    names: table.names,
    cellOf: ({ truth, predicted }, patient) =>
      scoreCell(table, truth[patient] === 1 ? 1 : 0, probabilityOf(predicted[patient] ?? Number.NaN)),
    values: (cells) => scoreValues(table, cells),
  };
}

/** The confusion matrix; for many classes how often each was found. */
function classTable(classes: number): NoisyTable {
  const place = (value: number | undefined): number => Math.min(classes - 1, Math.max(0, Math.trunc(value ?? 0) || 0));
  const matrix = hasMatrix(classes);
  const cellOf: NoisyTable['cellOf'] = ({ truth, predicted }, patient) => {
    const [true_, called] = [place(truth[patient]), place(predicted[patient])];
    return matrix ? true_ * classes + called : true_ + (true_ === called ? 0 : classes);
  };
  const values: NoisyTable['values'] = (cells) => {
    const row = (truth: number): readonly number[] =>
      Array.from({ length: classes }, (_, called) => above0(cells[truth * classes + called]));
    const rights = Array.from({ length: classes }, (_, truth) => (matrix ? (row(truth)[truth] ?? 0) : above0(cells[truth])));
    const wrongs = rights.map((right, truth) => (matrix ? sum(row(truth)) - right : above0(cells[classes + truth])));
    const named = (name: string, numbers: readonly number[]) => numbers.map((number, index) => [`${name}${index}`, number] as const);
    const ranks: Readonly<Record<string, number>> = matrix
      ? { rankError: sum(rights.map((_, truth) => sum(row(truth).map((count, called) => count * Math.abs(called - truth))))) }
      : {};
    return {
      ...Object.fromEntries([
        ...named('right', rights),
        ...named('wrong', wrongs),
        ...(matrix ? named('confusion', cells.map(above0)) : []),
      ]),
      ...ranks,
      correct: sum(rights),
      wrong: sum(wrongs),
      testPatients: sum(rights) + sum(wrongs),
    };
  };
  return { names: matrix ? [nameRun('confusion', classes ** 2)] : [nameRun('right', classes), nameRun('wrong', classes)], cellOf, values };
}

/** Patients by distance of the called level from the true one; the last cell holds all that are further. */
function distanceTable(cells: number): NoisyTable {
  return {
    names: [nameRun('distance', cells)],
    cellOf: ({ truth, predicted }, patient) =>
      Math.min(cells - 1, Math.abs(Math.trunc((truth[patient] ?? 0) - (predicted[patient] ?? 0)) || 0)),
    values: (counts) => {
      const known = counts.map(above0);
      const all = sum(known);
      const correct = known[0] ?? 0;
      return { correct, wrong: all - correct, testPatients: all, rankError: sum(known.map((count, distance) => count * distance)) };
    },
  };
}

/** Half octaves of the error's share of the declared range: below 2^-7, and up to beyond 2^-1/2. */
const ERROR_BINS = 15;
const upperEnd = (bin: number): number => 2 ** (bin / 2 - (ERROR_BINS - 1) / 2);
/** What a patient of a bin counts as: the geometric mean of its ends. */
const typicalError = (bin: number): number => (bin === 0 ? upperEnd(0) / 2 : Math.sqrt(upperEnd(bin - 1) * upperEnd(bin)));

function errorTable([low, high]: readonly [number, number]): NoisyTable {
  return {
    names: [nameRun('errors', ERROR_BINS)],
    cellOf: ({ truth, predicted }, patient) => {
      const share = Math.abs((truth[patient] ?? 0) - (predicted[patient] ?? 0)) / (high - low);
      const bin = Array.from({ length: ERROR_BINS - 1 }, (_, place) => upperEnd(place)).findIndex((end) => share < end);
      return bin < 0 ? ERROR_BINS - 1 : bin;
    },
    values: (cells) => {
      const known = cells.map(above0);
      const total = (power: number) => FIXED_POINT * sum(known.map((count, bin) => count * typicalError(bin) ** power));
      return { testPatients: sum(known), absoluteError: total(1), squaredError: total(2) };
    },
  };
}

/** Predicted probability of the event by the horizon, by what is known then: no event, the event, or censored before. */
function horizonTable(horizon: number): NoisyTable {
  const table = scoreTable(10, ['free', 'events', 'unknown']);
  return {
    names: table.names,
    cellOf: ({ truth, byHorizon }, patient) => {
      const time = truth[patient] ?? 0;
      const outcome = Math.abs(time) > horizon ? 0 : time > 0 ? 1 : 2;
      return scoreCell(table, outcome, byHorizon[patient] ?? Number.NaN);
    },
    values: (cells) => {
      const known = scoreValues(table, cells);
      return { ...known, testPatients: (known['testPatients'] ?? 0) + sum(cells.slice(2 * table.bins).map(above0)) };
    },
    figures: (values, noise) => [
      figure(
        `auroc of the event by ${horizon}`,
        [values('rocHalves'), values('positives'), values('negatives')],
        (halves, positives, negatives) => {
          if (!(positives > 0 && negatives > 0)) return ONE_CLASS;
          const value = Math.min(1, halves / (2 * positives * negatives));
          const spread = Math.hypot(noise / Math.sqrt(12 * positives), noise / Math.sqrt(12 * negatives));
          return { value, standardError: Math.hypot(aurocError(value, positives, negatives), spread) };
        },
      ),
    ],
  };
}

/** Cells of a table. */
export const tableLength = ({ names }: NoisyTable): number => nameCount(names);
