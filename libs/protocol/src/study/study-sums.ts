import { ConsiliumError } from '../errors/consilium-error.js';
import type { Algorithm } from './algorithm.js';
import { metricPlan } from './metrics/metric-plan.js';
import { noisyPlan } from './metrics/noisy-plan.js';
import { noiseAt, NORM_BOUNDS, type DerivedNoise, type NoiseContext } from './noise.js';
import { isPatientMode, type NoisyPrivacy } from './privacy.js';
import type { StudyFile } from './study-file.js';
import type { SealParameters, SumShape } from './sum-shape.js';
import type { Thresholds } from './thresholds.js';

/** `sealParameters` of `@consilium/sealed-sum/parameters`; given as an argument so that this package needs no other. */
export type SealParametersOf = (shape: SumShape) => SealParameters;

/** The noise of a study, if any, and the parameter objects of its two kinds of round. */
export interface StudySums {
  readonly noise?: DerivedNoise;
  readonly sums: { readonly train: SealParameters; readonly evaluate: SealParameters };
}

/** @throws ConsiliumError PRIVACY_PARAMETERS, LAYOUT_REFUSED */
export function sumsOf(file: StudyFile, parameters: number, limits: Thresholds, sealParametersOf: SealParametersOf): StudySums {
  const { privacy } = file;
  const base = { sites: limits.n, ...lanesOf(file.algorithm) };
  if (privacy.mode === 'none')
    return withShape(
      (updateLength) => ({ ...base, updateLength, counts: metricPlan(file).names }),
      parameters * vectorsOf(file.algorithm),
      sealParametersOf,
    );
  const tables = noisyPlan(file);
  const context = { dimension: parameters, honest: limits.m - limits.c, tableMultiplier: file.metrics.noiseMultiplier, tables };
  return finestNoise(file, privacy, context, (noise) => {
    const table = noise.tableVariance === undefined || !tables ? undefined : { names: tables.names, variance: noise.tableVariance };
    const updateVariance = privacy.mode === 'patient/local' ? undefined : noise.variance;
    return withShape((updateLength) => ({ ...base, updateLength, counts: [], updateVariance, table }), parameters, sealParametersOf);
  });
}

/** SCAFFOLD sends the change of a site's control beside its update. */
const vectorsOf = ({ name }: Algorithm): number => (name === 'scaffold' ? 2 : 1);

const lanesOf = (algorithm: Algorithm): Pick<SumShape, 'updateRange' | 'maxWeight'> =>
  algorithm.name === 'dp-sgd' ? { updateRange: 1, maxWeight: 1 } : { updateRange: algorithm.updateRange, maxWeight: algorithm.maxWeight };

function withShape(shape: (updateLength: number) => SumShape, parameters: number, sealParametersOf: SealParametersOf): StudySums {
  return { sums: { train: sealParametersOf(shape(parameters)), evaluate: sealParametersOf(shape(0)) } };
}

/**
 * The largest S whose noise leaves its lanes room for half of what the expected batch of the largest site could add up
 * to if all its patients pulled one way; sums beyond are clamped, before the noise.
 */
function finestNoise(
  { sites, algorithm }: StudyFile,
  privacy: NoisyPrivacy,
  context: NoiseContext,
  sumsAt: (noise: DerivedNoise) => StudySums,
): StudySums {
  const largest = Math.max(1, ...(isPatientMode(privacy.mode) ? Object.values(sites.publicSizes ?? {}) : []));
  const batch = privacy.mode === 'patient/distributed' ? Math.max(1, privacy.sampling * largest) : 1;
  let reason: ConsiliumError | undefined;
  for (const normBound of NORM_BOUNDS) {
    try {
      const noise = noiseAt(privacy, normBound, context);
      const found = sumsAt(noise);
      const room = found.sums.train.segments.find((segment) => segment.name === 'noised')?.bound ?? Number.POSITIVE_INFINITY;
      if (room >= (batch * normBound) / 2) return { noise, ...found };
      reason ??= tooFewLevels(algorithm.name);
    } catch (error) {
      if (!(error instanceof ConsiliumError)) throw error;
      // A smaller S has less noise in its lanes; what fails for it too is the reason that is said.
      if (error.code !== 'LAYOUT_REFUSED') throw reason ?? error;
      reason = error;
    }
  }
  throw reason ?? tooFewLevels(algorithm.name);
}

function tooFewLevels(algorithm: string): ConsiliumError {
  return new ConsiliumError({
    code: 'PRIVACY_PARAMETERS',
    errorClass: 'usage',
    message: `The sums of ${algorithm} would not fit their lanes: too many patients a step for so much noise and so many sites.`,
    fix: 'Lower privacy.sampling or privacy.noiseMultiplier, or name fewer sites.',
  });
}
