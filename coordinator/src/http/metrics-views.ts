import { SiteName } from '@consilium/protocol';
import { z } from 'zod';

const finite = z.number();

/** Signed totals over all contributors; null where a cell is below the floor. Never one site's own. */
export const MetricsPoint = z.object({
  round: z.int(),
  contributors: z.array(SiteName),
  trainLoss: finite.nullable(),
  testLoss: finite.nullable(),
  accuracy: finite.nullable(),
  /** Every figure of the outcome that has a value. */
  figures: z.record(z.string(), finite),
  totals: z.record(z.string(), z.string().nullable()),
});
export type MetricsPoint = z.infer<typeof MetricsPoint>;

const Figure = z.object({
  name: z.string(),
  /** Null where it is not defined or not shown; `reason` then says why. Never NaN. */
  value: finite.nullable(),
  standardError: finite.nullable(),
  reason: z.string().nullable(),
});
const figures = z.array(Figure).readonly();
/** Patients; null where they are too few to be shown. */
const support = z.int().nullable();

const Gap = z.object({
  figure: z.string(),
  lowest: z.string().nullable(),
  highest: z.string().nullable(),
  gap: finite.nullable(),
  standardError: finite.nullable(),
  verdict: z.enum(['differs', 'cannot tell']),
  reason: z.string(),
});

const Subgroup = z.object({
  input: z.string(),
  levels: z.array(z.object({ level: z.string(), support, figures })).readonly(),
  gaps: z.array(Gap).readonly(),
});

/** What is known of one state of the model, from signed totals alone. */
export const LatestMetrics = z.object({
  round: z.int(),
  contributors: z.array(SiteName),
  support,
  figures,
  /** Binary outcomes: predicted probability and share with the outcome, lowest first. */
  calibration: z.array(z.object({ from: finite, to: finite, patients: finite, predicted: finite, observed: finite })).readonly(),
  /** Several classes: rows are true ones, columns what the model called them. */
  confusion: z.array(z.array(finite.nullable()).readonly()).readonly(),
  subgroups: z.array(Subgroup).readonly(),
});
export type LatestMetrics = z.infer<typeof LatestMetrics>;
