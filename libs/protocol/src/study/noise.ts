import { ConsiliumError } from '../errors/consilium-error.js';
import { isPatientMode, type NoisyPrivacy } from './privacy.js';
import { tablesNorm } from './metrics/noisy-plan.js';

/** Resolution of the sampling rate: q is rounded up to a/2^20 (PROTOCOL.md section 6). */
const RATE_BITS = 20;
/** Below this the distance between integer noise and its Gaussian price is not negligible any more. */
const SMALLEST_VARIANCE = 16;
/** What the exact sampler draws from. */
const LARGEST_VARIANCE = 2 ** 40;
/** Norm bounds that are tried, largest first: the finest integers whose sum still fits its lanes. */
export const NORM_BOUNDS: readonly number[] = Array.from({ length: 12 }, (_, power) => 2 ** (14 - power));

/** The integers of a study with noise (PROTOCOL.md section 6), the same for everybody who derives them. */
export interface DerivedNoise {
  /** q = numerator/2^bits; 1 in mode `site`, where every site takes part. */
  readonly sampling: { readonly numerator: number; readonly bits: number };
  /** S: Euclidean norm that the integers of one unit never exceed. */
  readonly normBound: number;
  /** V: variance of one site's noise in each value, of the sealed sum or (mode `patient/local`) of one local step. */
  readonly variance: number;
  /** V of one site in each cell of the tables of metrics; absent, like all of the tables, where no metrics are asked for. */
  readonly tableVariance?: number;
  /** S of all tables together: Euclidean norm by which one patient moves them. */
  readonly tableNorm?: number;
  /** Cells of all tables. */
  readonly tableCells?: number;
}

/** What besides the privacy section decides the noise. */
export interface NoiseContext {
  /** d. */
  readonly dimension: number;
  /** Sites whose noise is counted on: minSites − tolerateColluders. */
  readonly honest: number;
  readonly tableMultiplier: number | undefined;
  /** The tables that are asked for: how many, and the cells of all of them. */
  readonly tables: { readonly tables: number; readonly cells: number } | undefined;
}

/**
 * The noise at one norm bound: V = ⌈σ²S²/(m − c)⌉, or ⌈σ²S²⌉ where each site adds all of it.
 * @param normBound - S, one of {@link NORM_BOUNDS}
 * @throws ConsiliumError PRIVACY_PARAMETERS, naming the number that fails; LAYOUT_REFUSED where a smaller S would do
 */
export function noiseAt(
  privacy: NoisyPrivacy,
  normBound: number,
  { dimension, honest, tableMultiplier, tables }: NoiseContext,
): DerivedNoise {
  const sharers = privacy.mode === 'patient/local' ? 1 : honest;
  if (normBound * normBound < dimension)
    throw refused(
      `A norm bound of ${normBound} is below the square root of the model's ${dimension} parameters.`,
      'Take a smaller model, or fewer sites, or less noise.',
    );
  const variance = varianceOf('privacy.noiseMultiplier', privacy.noiseMultiplier, normBound, sharers);
  const sampling = { numerator: isPatientMode(privacy.mode) ? numeratorOf(privacy) : 2 ** RATE_BITS, bits: RATE_BITS };
  if (tableMultiplier === undefined || tables === undefined) return { sampling, normBound, variance };
  const tableNorm = tablesNorm(tables.tables);
  const tableVariance = varianceOf('metrics.noiseMultiplier', tableMultiplier, tableNorm, sharers);
  return { sampling, normBound, variance, tableVariance, tableNorm, tableCells: tables.cells };
}

function numeratorOf(privacy: NoisyPrivacy): number {
  return privacy.mode === 'site' ? 2 ** RATE_BITS : Math.ceil(privacy.sampling * 2 ** RATE_BITS);
}

function varianceOf(field: string, multiplier: number, unit: number, sharers: number): number {
  const variance = Math.ceil((multiplier * unit * (multiplier * unit)) / sharers);
  if (variance < SMALLEST_VARIANCE)
    throw refused(
      `${field} ${multiplier} leaves each site a noise variance of ${variance}; integer noise is priced from ${SMALLEST_VARIANCE} on.`,
      `Set ${field} to at least ${Math.ceil((Math.sqrt(SMALLEST_VARIANCE * sharers) / unit) * 1e4) / 1e4}.`,
    );
  if (variance > LARGEST_VARIANCE)
    throw new ConsiliumError({
      code: 'LAYOUT_REFUSED',
      errorClass: 'refused',
      message: `${field} ${multiplier} at a norm bound of ${unit} is a noise variance of ${variance}, more than can be drawn exactly.`,
      fix: `Lower ${field}.`,
    });
  return variance;
}

function refused(message: string, fix: string): ConsiliumError {
  return new ConsiliumError({ code: 'PRIVACY_PARAMETERS', errorClass: 'usage', message, fix });
}
