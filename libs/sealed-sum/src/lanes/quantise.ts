import { ConsiliumError, type SealParameters } from '@consilium/protocol';
import { toLimbs } from './counts.js';
import { laneCount, segmentLanes } from './lane-layout.js';
import { requireFinite } from './not-finite.js';

/** What one site contributes, before it becomes integers. */
export interface ContributionValues {
  /** The site's own update, not yet multiplied by its weight. Absent only where the sum has no update segment. */
  readonly update?: Float64Array;
  /** 0 to `maxWeight`. */
  readonly weight: number;
  /** One whole number for each name of the layout, but `contributors` and `clamped`, which are set here. */
  readonly counts: Readonly<Record<string, bigint>>;
}

/** A contribution as signed integers, each of magnitude at most `parameters.levels`. */
export interface QuantisedContribution {
  readonly lanes: Int32Array;
  /** Update values that lay beyond ±`range` and were clamped. */
  readonly clamped: number;
}

/**
 * Values to lanes (PROTOCOL.md section 5, mode `none`): round(w/w_max · x/C · B), nearest, ties upwards; the weight as
 * round(w/w_max · B); counts as limbs. The same input gives the same lanes on every machine: only + − × ÷ and floor.
 * The counts `contributors` (1) and `clamped` are filled in here where the layout has them.
 * @throws NotFinite before anything else; ConsiliumError WEIGHT_TOO_LARGE, CONTRIBUTION_SHAPE, COUNT_TOO_LARGE
 */
export function quantise(values: ContributionValues, parameters: SealParameters): QuantisedContribution {
  requireFinite(values.update, values.weight);
  const lanes = new Int32Array(laneCount(parameters));
  const share = quantiseWeight(values.weight, parameters, lanes);
  const clamped = quantiseUpdate(values.update, share, parameters, lanes);
  quantiseCounts({ ...values.counts, contributors: 1n, clamped: BigInt(clamped) }, values.counts, parameters, lanes);
  return { lanes, clamped };
}

/** @returns w/w_max, 0 to 1 */
function quantiseWeight(weight: number, parameters: SealParameters, lanes: Int32Array): number {
  const place = segmentLanes(parameters, 'weight');
  if (!place) throw shapeRefused('The sum has no place for a weight.');
  const share = weight / place.segment.maxWeight;
  if (share > 1)
    throw new ConsiliumError({
      code: 'WEIGHT_TOO_LARGE',
      errorClass: 'refused',
      message: `The site's weight is larger than maxWeight (${place.segment.maxWeight}).`,
      fix: 'Raise algorithm.maxWeight in a new version of the study.',
    });
  if (share < 0) throw shapeRefused('The weight is below 0.');
  lanes[place.start] = Math.round(share * parameters.levels);
  return share;
}

function quantiseUpdate(update: Float64Array | undefined, share: number, parameters: SealParameters, lanes: Int32Array): number {
  const place = segmentLanes(parameters, 'update');
  const length = place?.values ?? 0;
  if ((update?.length ?? 0) !== length) throw shapeRefused(`The update has ${update?.length ?? 0} values; the sum takes ${length}.`);
  if (!place || !update) return 0;
  const { range } = place.segment;
  const scale = (share * parameters.levels) / range;
  const own = lanes.subarray(place.start, place.start + length);
  let clamped = 0;
  for (let index = 0; index < length; index++) {
    const value = update[index] ?? 0;
    const inside = Math.min(Math.max(value, -range), range);
    if (inside !== value) clamped++;
    own[index] = Math.round(inside * scale);
  }
  return clamped;
}

function quantiseCounts(
  counts: Readonly<Record<string, bigint>>,
  given: Readonly<Record<string, bigint>>,
  parameters: SealParameters,
  lanes: Int32Array,
): void {
  const place = segmentLanes(parameters, 'counts');
  const names = place?.segment.names ?? [];
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) throw shapeRefused(`The sum has no count named ${unknown}.`);
  if (!place) return;
  const { limbs, limbBits } = place.segment;
  names.forEach((name, index) => {
    const count = Object.hasOwn(counts, name) ? counts[name] : undefined;
    if (count === undefined) throw shapeRefused(`The count ${name} is missing.`);
    lanes.set(toLimbs(name, count, limbs, limbBits), place.start + index * limbs);
  });
}

function shapeRefused(message: string): ConsiliumError {
  return new ConsiliumError({
    code: 'CONTRIBUTION_SHAPE',
    errorClass: 'failed',
    message,
    fix: 'The contribution and the parameter object must come from the same study.',
  });
}
