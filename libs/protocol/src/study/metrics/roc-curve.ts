import { expandNames } from '../count-names.js';
import { CONFUSION } from './binary-metrics.js';
import { noisyPlan, SCORE_UNIT } from './noisy-plan.js';
import type { ReadStudy, SignedTotals } from './study-metrics.js';

/** Whoever has at least this probability is called positive. */
export interface RocPoint {
  /** 0 to 1; the first point calls nobody, at a threshold above all. */
  readonly threshold: number;
  readonly falsePositiveRate: number;
  /** Also recall. */
  readonly sensitivity: number;
  /** Of those who are called; null where nobody is. */
  readonly precision: number | null;
}

/** Rows: true no, true yes; columns: called no, called yes. Patients; null where a cell is held back. */
export type BinaryConfusion = readonly (readonly (number | null)[])[];

/**
 * The ROC curve of a binary outcome, from (0, 0) to (1, 1), where the sites signed a table of scores: in modes with noise.
 * Without noise the finer histogram stays at the sites and only its area is signed, so there is no curve to show.
 * @returns undefined where there is none
 */
export function rocCurve(study: ReadStudy, totals: SignedTotals): readonly RocPoint[] | undefined {
  const cells = signedScores(study, totals);
  if (!cells) return undefined;
  const bins = cells.length / 2;
  const count = (first: number) => cells.slice(first, first + bins).map((cell) => Math.max(0, cell));
  const [negatives, positives] = [count(0), count(bins)];
  const [noes, yeses] = [total(negatives), total(positives)];
  if (!(noes > 0 && yeses > 0)) return undefined;
  const points: RocPoint[] = [];
  let [falsely, rightly] = [0, 0];
  for (let bin = bins; bin >= 0; bin -= 1) {
    falsely += negatives[bin] ?? 0;
    rightly += positives[bin] ?? 0;
    const called = falsely + rightly;
    points.push({
      threshold: bin / bins,
      falsePositiveRate: Math.min(1, falsely / noes),
      sensitivity: Math.min(1, rightly / yeses),
      precision: called > 0 ? rightly / called : null,
    });
  }
  return points;
}

/** The four outcomes of a binary study at probability 1/2; undefined for other outcomes. */
export function binaryConfusion(study: ReadStudy, totals: SignedTotals): BinaryConfusion | undefined {
  if (study.cohort.outcome.type !== 'binary') return undefined;
  const cells = signedScores(study, totals);
  const values = cells && noisyPlan(study)?.overall.values(cells);
  const cell = (name: (typeof CONFUSION)[number]): number | null => {
    if (values) return Math.round(values[name] ?? 0);
    const text = totals[name];
    return typeof text === 'string' ? Number(text) : null;
  };
  return [
    [cell('trueNegatives'), cell('falsePositives')],
    [cell('falseNegatives'), cell('truePositives')],
  ];
}

/** Cells of the table of scores in patients: without the outcome first. */
function signedScores(study: ReadStudy, totals: SignedTotals): readonly number[] | undefined {
  if (study.cohort.outcome.type !== 'binary' || study.derived.noise?.tableVariance === undefined) return undefined;
  const plan = noisyPlan(study);
  return plan && expandNames(plan.overall.names).map((name) => Number(totals[name] ?? 0) / SCORE_UNIT);
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
