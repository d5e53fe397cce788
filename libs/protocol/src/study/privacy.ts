import { z } from 'zod';

const positive = (most: number) => z.number().gt(0, 'above 0').max(most);

/** The least and the most noise that a search for a target looks at; a file may say less. */
export const NOISE_MULTIPLIERS = { least: 1e-3, most: 1_000 } as const;

/** What every mode with noise says of it. Each has a finite range; NaN and infinity pass none of them (field case PRV-3). */
const noise = {
  /** C: Euclidean norm that one unit's gradient or update is clipped to. */
  clip: z.number().min(1e-6).max(1e6),
  /** σ: deviation of the noise of all sites together, in units of one unit's largest influence. */
  noiseMultiplier: positive(NOISE_MULTIPLIERS.most),
  delta: z.number().gt(0, 'above 0').lt(1, 'below 1'),
  /** `study check` refuses a study that is forecast to cost more. */
  epsilonMax: positive(1_000).optional(),
};

/** q: each patient takes part in a step with this probability, independently of all others. */
const sampling = z.number().gt(0, 'above 0').max(1, 'at most 1');

/**
 * Whose presence is hidden, and where the noise comes from (PROTOCOL.md section 6).
 * `patient/distributed`: each site adds a share of the noise to its integers, inside the sealed sum.
 * `patient/local`: each site adds all of it, in every local step. `site`: a whole site is hidden, not a patient.
 */
export const Privacy = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('none') }),
  z.strictObject({ mode: z.literal('patient/distributed'), unit: z.literal('patient').default('patient'), sampling, ...noise }),
  z.strictObject({ mode: z.literal('patient/local'), unit: z.literal('patient').default('patient'), sampling, ...noise }),
  z.strictObject({ mode: z.literal('site'), unit: z.literal('site').default('site'), ...noise }),
]);
export type Privacy = z.infer<typeof Privacy>;
export type PrivacyMode = Privacy['mode'];
export type NoisyPrivacy = Exclude<Privacy, { readonly mode: 'none' }>;

/** Whether a mode hides single patients: what a site computes may then not depend on more than one of them at a time. */
export const isPatientMode = (mode: PrivacyMode): mode is 'patient/distributed' | 'patient/local' => mode.startsWith('patient/');

/** At most two significant digits, at least 20: what a site says of its size in public (PROTOCOL.md section 5). */
export const PublicSize = z
  .int()
  .min(20, 'at least 20')
  .max(100_000_000)
  .refine((size) => /^[1-9]\d?0*$/.test(String(size)), 'at most two significant digits, such as 240 or 1500');

/** A number of patients as it may be said in public: two significant digits, at least 20. */
export function publicSize(patients: number): number {
  if (patients < 20) return 20;
  const unit = 10 ** (String(Math.round(patients)).length - 2);
  return Math.round(patients / unit) * unit;
}
