import { ConsiliumError, expandNames, type SealParameters } from '@consilium/protocol';
import { fromLimbs } from './counts.js';
import { segmentLanes } from './lane-layout.js';

/** A sum as numbers again. */
export interface SumValues {
  /** Weighted mean Σwx / Σw of the updates; empty where the sum has no update segment. */
  readonly update: Float64Array;
  /** Σw, to within half a level per site. */
  readonly weight: number;
  /** Exact totals. */
  readonly counts: Readonly<Record<string, bigint>>;
}

/**
 * Summed lanes to numbers. Integers divided in one fixed order, so that every site gets the same bits: (Σv / Σw) · C.
 * @param sumLanes - as `openFold` returned them
 * @throws ConsiliumError WEIGHT_ZERO where there is an update and all weights together are 0
 */
export function dequantise(sumLanes: Int32Array, parameters: SealParameters): SumValues {
  const place = segmentLanes(parameters, 'weight');
  const weightLevels = place ? (sumLanes[place.start] ?? 0) : 0;
  const weight = place ? (weightLevels / parameters.levels) * place.segment.maxWeight : 0;
  return { update: meanUpdate(sumLanes, weightLevels, parameters), weight, counts: totals(sumLanes, parameters) };
}

function meanUpdate(sumLanes: Int32Array, weightLevels: number, parameters: SealParameters): Float64Array {
  const place = segmentLanes(parameters, 'update');
  if (!place) return new Float64Array(0);
  if (weightLevels <= 0)
    throw new ConsiliumError({
      code: 'WEIGHT_ZERO',
      errorClass: 'failed',
      message: 'The weights of all contributors together are 0: there is no mean.',
      fix: "Lower algorithm.maxWeight towards the size of the largest site's cohort.",
    });
  const mean = new Float64Array(place.values);
  for (let index = 0; index < mean.length; index++)
    mean[index] = ((sumLanes[place.start + index] ?? 0) / weightLevels) * place.segment.range;
  return mean;
}

function totals(sumLanes: Int32Array, parameters: SealParameters): Record<string, bigint> {
  const place = segmentLanes(parameters, 'counts');
  if (!place) return {};
  const { names, limbs, limbBits } = place.segment;
  return Object.fromEntries(
    expandNames(names).map((name, index) => {
      const start = place.start + index * limbs;
      return [name, fromLimbs(sumLanes.subarray(start, start + limbs), limbBits)];
    }),
  );
}
