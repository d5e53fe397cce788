/**
 * The whole numbers that ride in every sealed sum that carries metrics, all about the state before the round's step.
 * Losses are sums over patients in units of 2^-20 nats; `clamped` counts update values beyond `updateRange`.
 */
export const METRIC_COUNTS = [
  'contributors',
  'clamped',
  'trainPatients',
  'trainLoss',
  'testPatients',
  'testLoss',
  'truePositives',
  'falsePositives',
  'trueNegatives',
  'falseNegatives',
] as const;
export type MetricCount = (typeof METRIC_COUNTS)[number];

/** Units of one nat in `trainLoss` and `testLoss`. */
export const LOSS_UNITS = 2 ** 20;

/** Totals below this are not shown (mode `none`, PROTOCOL.md section 6). */
export const SMALLEST_CELL = 10;
