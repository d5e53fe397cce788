import { DECILES, mergedBins, type CalibrationCell } from './calibration.js';
import { isShown, type Floor } from './cell-floor.js';
import { nameRun } from '../count-names.js';
import { aurocError, figure, NO_PATIENTS, ONE_CLASS, share, type Figure, type Values } from './figure.js';
import { FIXED_POINT, GROUP_COUNTS } from './metric-counts.js';
import type { Counted, Family, OutcomeMetrics, Read, Signed } from './families.js';
import { rocPairs, SCORE_BINS_COARSE, SCORE_BINS_FINE } from './score-bins.js';

/** The four outcomes at probability 1/2, each patient once. */
export const CONFUSION = ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives'] as const;
const NEGATIVES = 'rocNegatives';
const POSITIVES = 'rocPositives';
const DECILE_RUNS = ['decileNegatives', 'decilePositives', 'decilePredicted'] as const;

const scores = (bins: number): readonly string[] => [nameRun(NEGATIVES, bins), nameRun(POSITIVES, bins)];

/** Places of the families of {@link binaryMetrics}. */
const FAMILY = { support: 0, outcome: 1, rightness: 2, confusion: 3 } as const;

/**
 * Of a binary outcome: confusion at 1/2, area under the ROC curve from a histogram of logits, calibration in tenths.
 * Cells of the histogram stay at the sites; what is signed is the area as whole numbers, and intervals that were joined
 * until each has 10 patients with and 10 without the outcome.
 *
 * The confusion table is shown whole or not at all. Where it is, calibration intervals end at 1/2, so that they refine it
 * and no difference of the two is a small cell. Where it is not, calibration takes its place; only where that has no two
 * intervals, the numbers of right and wrong predictions are shown instead.
 */
export const binaryMetrics: OutcomeMetrics = {
  overall: [...CONFUSION, ...scores(SCORE_BINS_FINE), ...DECILE_RUNS.map((run) => nameRun(run, DECILES))],
  level: [...CONFUSION, ...scores(SCORE_BINS_COARSE)],
  families,
  details,
  figures,
};

function families({ read, group, all, floor }: Counted): readonly Family[] {
  const bins = group === 'overall' ? SCORE_BINS_FINE : SCORE_BINS_COARSE;
  const [patients, loss] = GROUP_COUNTS;
  const [tp, fp, tn, fn] = CONFUSION.map(read) as [bigint, bigint, bigint, bigint];
  const histogram = (run: string): readonly bigint[] => Array.from({ length: bins }, (_, bin) => read(`${run}${bin}`));
  const { halves, tied } = rocPairs(histogram(NEGATIVES), histogram(POSITIVES));
  const positives = tp + fn;
  const negatives = fp + tn;
  return [
    { cells: [read(patients)], after: [], signed: { [patients]: read(patients), [loss]: read(loss) } },
    { cells: [positives, negatives], after: [FAMILY.support], signed: { positives, negatives, rocHalves: halves, rocTied: tied } },
    {
      // A cell of 0 holds the family back.
      cells: showsRightness(all, floor) ? [tp + tn, fp + fn] : [0n],
      after: [FAMILY.support],
      signed: { correct: tp + tn, wrong: fp + fn },
    },
    {
      cells: [tp, fp, tn, fn],
      after: [FAMILY.outcome, FAMILY.rightness],
      signed: { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn },
    },
  ];
}

function decilesOf(read: Read): readonly CalibrationCell[] {
  return Array.from({ length: DECILES }, (_, place) => ({
    negatives: read(`decileNegatives${place}`),
    positives: read(`decilePositives${place}`),
    predicted: read(`decilePredicted${place}`),
  }));
}

const showsRightness = (all: Read, floor: Floor): boolean =>
  isShown(CONFUSION.map(all), floor) || mergedBins(decilesOf(all), floor).length < 2;

function details(read: Read, floor: Floor, shown: (family: number) => boolean): Signed {
  if (!shown(FAMILY.outcome)) return {};
  const deciles = decilesOf(read);
  const half = DECILES / 2;
  const bins = shown(FAMILY.confusion)
    ? [...mergedBins(deciles.slice(0, half), floor), ...mergedBins(deciles.slice(half), floor, half)]
    : mergedBins(deciles, floor);
  return Object.fromEntries(
    bins.flatMap(({ from, to, ...cell }) => Object.entries(cell).map(([name, value]) => [`${calibrationPrefix(from, to)}${name}`, value])),
  );
}

const calibrationPrefix = (from: number, to: number): string => `calibration.${from}-${to}/`;

/** One point of the calibration curve. */
export interface CalibrationPoint {
  /** Interval of the predicted probability. */
  readonly from: number;
  readonly to: number;
  readonly patients: number;
  /** Mean predicted probability. */
  readonly predicted: number;
  /** Share with the outcome. */
  readonly observed: number;
}

/** The calibration curve in signed totals, lowest probabilities first. */
export function calibrationPoints(values: Values): readonly CalibrationPoint[] {
  const points: CalibrationPoint[] = [];
  for (let from = 0; from < DECILES; from += 1)
    for (let to = from; to < DECILES; to += 1) {
      const part = (name: string) => values(`${calibrationPrefix(from, to)}${name}`) ?? 0;
      const patients = part('negatives') + part('positives');
      if (patients > 0)
        points.push({
          from: from / DECILES,
          to: (to + 1) / DECILES,
          patients,
          predicted: part('predicted') / FIXED_POINT / patients,
          observed: part('positives') / patients,
        });
    }
  return points;
}

function figures(values: Values, group: 'overall' | 'level', noise: number): readonly Figure[] {
  const [tp, fp, tn, fn] = CONFUSION.map(values) as [ReturnType<Values>, ReturnType<Values>, ReturnType<Values>, ReturnType<Values>];
  const both = (whole: number, other: number) => (whole + other > 0 ? ONE_CLASS : NO_PATIENTS);
  const shared: readonly Figure[] = [
    figure('accuracy', [values('correct'), values('wrong')], (right, wrong) => share(right, right + wrong, noise, NO_PATIENTS)),
    figure('sensitivity', [tp, fn, fp, tn], (a, b, c, d) => share(a, a + b, noise, both(a + b, c + d))),
    figure('specificity', [tn, fp, tp, fn], (a, b, c, d) => share(a, a + b, noise, both(a + b, c + d))),
    figure('positivePredictiveValue', [tp, fp], (a, b) => share(a, a + b, noise, 'not defined: nobody is called positive')),
    figure('auroc', [values('rocHalves'), values('positives'), values('negatives')], (halves, positives, negatives) => {
      if (!(positives > 0 && negatives > 0)) return both(positives, negatives);
      const value = Math.min(1, Math.max(0, halves / (2 * positives * negatives)));
      const sampling = aurocError(value, positives, negatives);
      return { value, standardError: Math.hypot(sampling, noise / Math.sqrt(12 * positives), noise / Math.sqrt(12 * negatives)) };
    }),
  ];
  const certain = figure('aurocWithin', [values('rocTied'), values('positives'), values('negatives')], (tied, positives, negatives) =>
    positives > 0 && negatives > 0 ? { value: tied / (2 * positives * negatives) } : both(positives, negatives),
  );
  if (group === 'level') return shared;
  const points = calibrationPoints(values);
  const expected = points.reduce((sum, { patients, predicted }) => sum + patients * predicted, 0);
  const observed = points.reduce((sum, point) => sum + point.patients * point.observed, 0);
  return [
    ...shared,
    ...(values('rocTied') === undefined ? [] : [certain]),
    figure('observedToExpected', [points.length > 0 ? observed : null, expected], (seen, predicted) =>
      predicted > 0 ? { value: seen / predicted, standardError: Math.sqrt(seen) / predicted } : ONE_CLASS,
    ),
  ];
}
