import { writeDurably, type WrittenFile } from '../blocks/durable-file.js';
import { laneCount } from '../lanes/lane-layout.js';
import type { SiteMasks } from '../masks/mask-keys.js';
import type { MaskTerm } from '../masks/mask-sum.js';
import type { LaneSource } from './lane-runs.js';
import { sealedPieces } from './sealed-pieces.js';
import type { SumKeys } from './sum-keys.js';

/** m is 3 at least, and each contributor has a mask with every other or with its neighbours in the graph. */
const FEWEST_PAIRS = 2;

export interface SealRequest extends SumKeys {
  /** As `quantise` or `quantiseStream` made them: `laneCount(parameters)` integers of magnitude at most `parameters.levels` (with noise `laneMaximum`). */
  readonly lanes: LaneSource;
  /** Stands for nothing until the whole file is on disk. */
  readonly path: string;
  /** Masks of this attempt (PROTOCOL.md section 4, step 3), from `siteMasks`. */
  readonly masks: SiteMasks;
}

/**
 * Packs, adds the check values, masks, encrypts and writes one contribution, a run of blocks at a time: memory does not
 * depend on its length. Fsynced when it returns. Calling it again gives other bytes for the same lanes: to resume an
 * upload, send the same file.
 * @throws ConsiliumError LANE_RANGE, BFV_KEY_INVALID, SUM_WORKER_LOST; RangeError for lanes or keys of another length, or too few masks
 */
export async function sealToFile(request: SealRequest): Promise<WrittenFile> {
  const { lanes, parameters } = request;
  const expected = laneCount(parameters);
  if (lanes instanceof Int32Array && lanes.length !== expected) throw new RangeError(`${lanes.length} lanes; the sum takes ${expected}`);
  return writeDurably(request.path, sealedPieces(request, termsOf(request.masks)));
}

function termsOf({ self, pairs }: SiteMasks): readonly MaskTerm[] {
  if (pairs.length < FEWEST_PAIRS)
    throw new RangeError(`a contribution is masked with ${FEWEST_PAIRS} neighbours at least, not ${pairs.length}`);
  return [{ key: self, sign: 1 }, ...pairs];
}
