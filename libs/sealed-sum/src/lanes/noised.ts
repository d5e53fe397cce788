import { ConsiliumError, type SealParameters } from '@consilium/protocol';
import { laneCount, segmentLanes } from './lane-layout.js';

/** Whole numbers with noise in them, as they go into a sum's lanes and come out of it. */
export interface NoisedValues {
  /** As many as the `noised` segment has; empty where the sum has none. */
  readonly update: Int32Array;
  /** As many as the `table` segment has names; empty where the sum has none. */
  readonly table: Int32Array;
}

/**
 * A site's lanes of a sum with noise; what a segment of another kind would hold is written by `quantise` first.
 * @param base - lanes to write into, as `quantise` made them; all zero without
 * @throws ConsiliumError CONTRIBUTION_SHAPE
 */
export function noisedLanes(values: NoisedValues, parameters: SealParameters, base?: Int32Array): Int32Array {
  const lanes = base ?? new Int32Array(laneCount(parameters));
  for (const [name, given] of [
    ['noised', values.update],
    ['table', values.table],
  ] as const) {
    const place = segmentLanes(parameters, name);
    if (given.length !== (place?.values ?? 0))
      throw new ConsiliumError({
        code: 'CONTRIBUTION_SHAPE',
        errorClass: 'failed',
        message: `The sum takes ${place?.values ?? 0} ${name} values; ${given.length} were given.`,
        fix: 'The contribution and the parameter object must come from the same study.',
      });
    if (place) lanes.set(given, place.start);
  }
  return lanes;
}

/** The sums of {@link NoisedValues} in an opened sum: exact integers, noise included. */
export function noisedSums(sumLanes: Int32Array, parameters: SealParameters): NoisedValues {
  const part = (name: 'noised' | 'table'): Int32Array => {
    const place = segmentLanes(parameters, name);
    return place ? sumLanes.slice(place.start, place.start + place.values) : new Int32Array(0);
  };
  return { update: part('noised'), table: part('table') };
}
