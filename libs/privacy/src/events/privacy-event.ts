import { z } from 'zod';

const steps = z.int().min(1).max(1_000_000_000);
const sites = { m: z.int().min(1).max(372), c: z.int().min(0).max(371) };
/** Of each site, and large enough for Theorem 1 of Kairouz, Liu, Steinke 2021 (PROTOCOL.md section 6). */
const variance = z
  .int()
  .min(16)
  .max(2 ** 40);
/** Whose records, all of them, one adds or removes. */
const adjacency = z.enum(['patient', 'site']);
const deviation = z.number().min(1e-3).max(1e12);

const INTEGER_GAUSSIAN = z.strictObject({
  kind: z.literal('integerGaussian'),
  adjacency,
  /** Probability numerator/2^bits that a step includes a patient. */
  q: z
    .strictObject({ numerator: z.int().min(1), bits: z.int().min(0).max(32) })
    .refine(({ numerator, bits }) => numerator <= 2 ** bits, 'a probability above 1'),
  /** Integer noise variance of one site. */
  V: variance,
  /** Integer bound of one patient's vector. */
  S: z
    .int()
    .min(1)
    .max(2 ** 14),
  /** Length of the vector. */
  d: z.int().min(1).max(1_000_000_000),
  /** Sites whose noise is certain to be in the sum. */
  ...sites,
  steps,
});

const HISTOGRAMS = z.strictObject({
  kind: z.literal('histograms'),
  adjacency,
  /** Each patient is in one bin of each table: the norm is √tables. A count is a table of one bin. */
  tables: z.int().min(1).max(1_024),
  /** Bins of all tables together. */
  bins: z.int().min(1).max(1_000_000),
  V: variance,
  ...sites,
  steps,
});

/** Mechanisms of textbooks, with continuous noise: for questions and comparisons, never in a ledger. */
const GAUSSIAN = z.strictObject({ kind: z.literal('gaussian'), sigma: deviation, steps });
const SAMPLED_GAUSSIAN = z.strictObject({ kind: z.literal('sampledGaussian'), q: z.number().gt(0).max(1), sigma: deviation, steps });

export type IntegerGaussian = z.infer<typeof INTEGER_GAUSSIAN>;
export type Histograms = z.infer<typeof HISTOGRAMS>;
export type IdealGaussian = z.infer<typeof GAUSSIAN> | z.infer<typeof SAMPLED_GAUSSIAN>;

/** Something that was released with noise of integers: what a ledger may hold. */
export type ReleasedEvent = IntegerGaussian | Histograms;

/**
 * What happened, as data; accountants interpret it and its meaning never changes. `integerGaussian`: `steps` sums over
 * sampled patients. `histograms`: `steps` times a set of tables. `composition`: all of its events, in any order, each
 * possibly chosen after the results of others.
 */
export type PrivacyEvent = ReleasedEvent | IdealGaussian | Composition;
export interface Composition {
  readonly kind: 'composition';
  readonly events: readonly PrivacyEvent[];
}

const COLLUDERS = 'more sites are taken to collude than leave noise: c must be below m';
const released = z.discriminatedUnion('kind', [
  INTEGER_GAUSSIAN.refine(({ m, c }) => c < m, COLLUDERS),
  HISTOGRAMS.refine(({ m, c }) => c < m, COLLUDERS),
]);

/** One release, as it stands in a ledger. */
export const ReleasedEvent: z.ZodType<ReleasedEvent> = released;

/** Any event, from a file or the wire. */
export const PrivacyEvent: z.ZodType<PrivacyEvent> = z.discriminatedUnion('kind', [
  ...released.options,
  GAUSSIAN,
  SAMPLED_GAUSSIAN,
  z.strictObject({
    kind: z.literal('composition'),
    get events() {
      return z.array(PrivacyEvent).min(1).max(10_000);
    },
  }),
]);
