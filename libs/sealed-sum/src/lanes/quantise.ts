import { ConsiliumError, expandNames, type SealParameters } from '@consilium/protocol';
import { toLimbs } from './counts.js';
import { laneCount, segmentLanes } from './lane-layout.js';
import { NotFinite, requireFinite } from './not-finite.js';

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

/** The same, with an update that comes in pieces. */
export interface StreamedValues extends Omit<ContributionValues, 'update'> {
  /** Pieces of any length; together the update. */
  readonly update: AsyncIterable<Float64Array>;
}

/**
 * Values to lanes (PROTOCOL.md section 5, mode `none`): round(w/w_max · x/C · B), nearest, ties upwards; the weight as
 * round(w/w_max · B); counts as limbs. The same input gives the same lanes on every machine: only + − × ÷ and floor.
 * The counts `contributors` (1) and `clamped` are filled in here where the layout has them.
 * @throws NotFinite before anything else; ConsiliumError WEIGHT_TOO_LARGE, CONTRIBUTION_SHAPE, COUNT_TOO_LARGE
 */
export function quantise(values: ContributionValues, parameters: SealParameters): QuantisedContribution {
  const { update = new Float64Array(0), weight, counts } = values;
  requireFinite(update, weight);
  const levels = new UpdateLevels(weight, parameters);
  levels.requireLength(update.length);
  const lanes = new Int32Array(laneCount(parameters));
  levels.quantise(update, lanes);
  lanes.set(lanesAfterUpdate(weight, counts, levels.clamped, parameters), levels.lanes);
  return { lanes, clamped: levels.clamped };
}

/**
 * The same lanes in pieces, for an update that does not fit into memory: give them to `sealToFile`. What is wrong with a
 * value is found when it comes along, and ends the file that was begun.
 * @throws as `quantise`, while it is read
 */
export async function* quantiseStream(values: StreamedValues, parameters: SealParameters): AsyncGenerator<Int32Array> {
  const { update, weight, counts } = values;
  const levels = new UpdateLevels(weight, parameters);
  let length = 0;
  for await (const piece of update) {
    requireFinite(piece, weight, length);
    length += piece.length;
    if (length > levels.values) levels.requireLength(length);
    const lanes = new Int32Array(piece.length);
    levels.quantise(piece, lanes);
    yield lanes;
  }
  levels.requireLength(length);
  yield new Int32Array(levels.lanes - length);
  yield lanesAfterUpdate(weight, counts, levels.clamped, parameters);
}

/** The update segment of one site. */
class UpdateLevels {
  /** Values beyond ±`range` so far. */
  clamped = 0;
  /** Lanes of the segment, the one that fills up its last slot included. */
  readonly lanes: number;
  /** Values of the segment. */
  readonly values: number;
  readonly #range: number;
  readonly #scale: number;

  constructor(weight: number, parameters: SealParameters) {
    const place = segmentLanes(parameters, 'update');
    this.values = place?.values ?? 0;
    this.#range = place?.segment.range ?? 1;
    this.#scale = (weightShare(weight, parameters) * parameters.levels) / this.#range;
    this.lanes = Math.ceil(this.values / parameters.lanes) * parameters.lanes;
  }

  requireLength(length: number): void {
    if (length !== this.values) throw shapeRefused(`The update has ${length} values; the sum takes ${this.values}.`);
  }

  /** @param update - finite values @param lanes - at least as long */
  quantise(update: Float64Array, lanes: Int32Array): void {
    const range = this.#range;
    const scale = this.#scale;
    let clamped = 0;
    for (let index = 0; index < update.length; index++) {
      let value = update[index] ?? 0;
      if (value > range || value < -range) {
        value = value > 0 ? range : -range;
        clamped++;
      }
      lanes[index] = Math.round(value * scale);
    }
    this.clamped += clamped;
  }
}

/** @returns w/w_max, 0 to 1 */
function weightShare(weight: number, parameters: SealParameters): number {
  const place = segmentLanes(parameters, 'weight');
  if (!place) throw shapeRefused('The sum has no place for a weight.');
  if (!Number.isFinite(weight)) throw new NotFinite(undefined);
  const share = weight / place.segment.maxWeight;
  if (share > 1)
    throw new ConsiliumError({
      code: 'WEIGHT_TOO_LARGE',
      errorClass: 'refused',
      message: `The site's weight is larger than maxWeight (${place.segment.maxWeight}).`,
      fix: 'Raise algorithm.maxWeight in a new version of the study.',
    });
  if (share < 0) throw shapeRefused('The weight is below 0.');
  return share;
}

/** The lanes of the weight and of the counts, which follow the update. */
function lanesAfterUpdate(
  weight: number,
  given: Readonly<Record<string, bigint>>,
  clamped: number,
  parameters: SealParameters,
): Int32Array {
  const first = segmentLanes(parameters, 'weight')?.start ?? 0;
  const lanes = new Int32Array(laneCount(parameters) - first);
  lanes[0] = Math.round(weightShare(weight, parameters) * parameters.levels);
  const counts: Readonly<Record<string, bigint>> = { ...given, contributors: 1n, clamped: BigInt(clamped) };
  const place = segmentLanes(parameters, 'counts');
  const names = expandNames(place?.segment.names ?? []);
  const known = new Set(names);
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined) throw shapeRefused(`The sum has no count named ${unknown}.`);
  names.forEach((name, index) => {
    const count = Object.hasOwn(counts, name) ? counts[name] : undefined;
    if (count === undefined || !place) throw shapeRefused(`The count ${name} is missing.`);
    const { limbs, limbBits } = place.segment;
    lanes.set(toLimbs(name, count, limbs, limbBits), place.start - first + index * limbs);
  });
  return lanes;
}

function shapeRefused(message: string): ConsiliumError {
  return new ConsiliumError({
    code: 'CONTRIBUTION_SHAPE',
    errorClass: 'failed',
    message,
    fix: 'The contribution and the parameter object must come from the same study.',
  });
}
