import { LOSS_UNITS, type MetricCount } from './metric-counts.js';

/** Totals over all contributors, as summed or as signed (decimal text); null or absent where a cell is not shown. */
export type MetricTotals = Readonly<Partial<Record<MetricCount, bigint | string | null>>>;

/** What people read. A field is absent where its denominator is 0 or one of its totals is not shown; never NaN. */
export interface Metrics {
  /** Mean binary cross-entropy of the training patients, in nats. */
  readonly trainLoss?: number;
  /** The same of the test patients. */
  readonly testLoss?: number;
  /** Share of test records on the right side of probability 0.5. */
  readonly accuracy?: number;
  /** Share of positive test records found. */
  readonly sensitivity?: number;
  /** Share of negative test records left alone. */
  readonly specificity?: number;
  /** Share of records called positive that are. */
  readonly positivePredictiveValue?: number;
}

/** Turns totals of {@link MetricCount} into rates in [0, 1] and mean losses in nats. */
export function metricsFromTotals(totals: MetricTotals): Metrics {
  const total = (name: MetricCount): number | undefined => {
    const value = totals[name];
    return value === undefined || value === null ? undefined : Number(value);
  };
  const tp = total('truePositives');
  const fp = total('falsePositives');
  const tn = total('trueNegatives');
  const fn = total('falseNegatives');
  const share = (part: readonly (number | undefined)[], whole: readonly (number | undefined)[], unit = 1): number | undefined => {
    const sum = (values: readonly (number | undefined)[]) => values.reduce<number>((a, b) => a + (b ?? Number.NaN), 0);
    const value = sum(part) / unit / sum(whole);
    return Number.isFinite(value) ? value : undefined;
  };
  const entries = {
    trainLoss: share([total('trainLoss')], [total('trainPatients')], LOSS_UNITS),
    testLoss: share([total('testLoss')], [total('testPatients')], LOSS_UNITS),
    accuracy: share([tp, tn], [tp, fp, tn, fn]),
    sensitivity: share([tp], [tp, fn]),
    specificity: share([tn], [tn, fp]),
    positivePredictiveValue: share([tp], [tp, fp]),
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}
