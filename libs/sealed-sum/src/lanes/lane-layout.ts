import type { SealParameters, SumSegment } from '@consilium/protocol';
import { laneValuesOf } from '../parameters/seal-parameters.js';

/** Where a segment's values lie among the lanes. */
export interface SegmentLanes<S extends SumSegment = SumSegment> {
  readonly segment: S;
  /** Index of its first lane: a multiple of `parameters.lanes`, because every segment begins a new slot. */
  readonly start: number;
  readonly values: number;
}

type Named<Name extends SumSegment['name']> = Extract<SumSegment, { readonly name: Name }>;

/** Slots that hold lanes: all but the check values, which come last. */
export function laneSlots(parameters: SealParameters): number {
  return parameters.slots - parameters.segments.reduce((sum, segment) => sum + (segment.name === 'check' ? segment.slots : 0), 0);
}

/** Length of the vector of lanes, the zeros that fill up a segment's last slot included. */
export function laneCount(parameters: SealParameters): number {
  return laneSlots(parameters) * parameters.lanes;
}

/** The segment of a name with its place, or nothing where the sum has none. */
export function segmentLanes<Name extends SumSegment['name']>(
  parameters: SealParameters,
  name: Name,
): SegmentLanes<Named<Name>> | undefined {
  let start = 0;
  for (const segment of parameters.segments) {
    const values = laneValuesOf(segment);
    if (segment.name === name) return { segment: segment as Named<Name>, start, values };
    start += Math.ceil(values / parameters.lanes) * parameters.lanes;
  }
  return undefined;
}

/** Largest magnitude of one site's lane: noise is not clamped, so with noise it is what a lane can hold at all. */
export function largestLane({ segments, levels, laneMaximum }: SealParameters): number {
  return segments.some(({ name }) => name === 'noised' || name === 'table') ? laneMaximum : levels;
}

/** Largest magnitude of a lane of a sum. */
export function largestSum(parameters: SealParameters, contributors: number): number {
  return Math.min(parameters.laneMaximum, contributors * largestLane(parameters));
}
