import { ConsiliumError, type SealParameters } from '@consilium/protocol';
import { writeDurably, type WrittenFile } from '../blocks/durable-file.js';
import { fileHeader } from '../blocks/file-header.js';
import { addValues } from '../check/check-values.js';
import { laneCount, laneSlots, largestLane } from '../lanes/lane-layout.js';
import type { SiteMasks } from '../masks/mask-keys.js';
import { LaneRuns, type LaneSource } from './lane-runs.js';
import { RUN, startWork, type SumKeys } from './sum-keys.js';
import type { SealedRun } from './sum-task.js';
import type { SumWork } from './sum-work.js';

export interface SealRequest extends SumKeys {
  /** As `quantise` or `quantiseStream` made them: `laneCount(parameters)` integers of magnitude at most `parameters.levels` (with noise `laneMaximum`). */
  readonly lanes: LaneSource;
  /** Stands for nothing until the whole file is on disk. */
  readonly path: string;
  /** Masks of this attempt (PROTOCOL.md section 4, step 3), from `siteMasks`. */
  readonly masks?: SiteMasks;
}

/**
 * Packs, adds the check values, masks, encrypts and writes one contribution, a run of blocks at a time: memory does not
 * depend on its length. Fsynced when it returns. Calling it again gives other bytes for the same lanes: to resume an
 * upload, send the same file.
 * @throws ConsiliumError LANE_RANGE, BFV_KEY_INVALID, SUM_WORKER_LOST; RangeError for lanes or keys of another length
 */
export async function sealToFile(request: SealRequest): Promise<WrittenFile> {
  const { lanes, parameters } = request;
  const expected = laneCount(parameters);
  if (lanes instanceof Int32Array && lanes.length !== expected) throw new RangeError(`${lanes.length} lanes; the sum takes ${expected}`);
  return writeDurably(request.path, sealedPieces(request));
}

/** The file in pieces: its header, then runs of blocks. */
export async function* sealedPieces(request: Omit<SealRequest, 'path'>): AsyncGenerator<Uint8Array> {
  const { parameters, keyEpoch, masks } = request;
  const runs = new LaneRuns(request.lanes);
  const work = await startWork(request, masks ? [{ key: masks.self, sign: 1 }, ...masks.pairs] : []);
  try {
    yield fileHeader('upload', parameters, keyEpoch);
    yield* sealedRuns(runs, work, parameters);
    await runs.requireEnd();
  } finally {
    work.end();
    await runs.close();
  }
}

/** The check values come after the last lane, so the blocks that carry them wait for all the others. */
async function* sealedRuns(runs: LaneRuns, work: SumWork, parameters: SealParameters): AsyncGenerator<Uint8Array> {
  const { degree, blocks, plainModulus } = parameters;
  const lastSlots = laneSlots(parameters);
  const tail = Math.floor(lastSlots / degree);
  let check: readonly number[] = Array.from({ length: parameters.slots - lastSlots }, () => 0);
  const takeIn = async (run: Promise<SealedRun>) => {
    const sealed = await run;
    check = addValues(check, sealed.check, plainModulus);
    return sealed.bytes;
  };
  const ahead: Promise<SealedRun>[] = [];
  for (let firstBlock = 0; firstBlock < tail; firstBlock += RUN) {
    const inRun = Math.min(RUN, tail - firstBlock);
    const lanes = requireLevels(await runs.take(2 * degree * inRun), 2 * degree * firstBlock, parameters);
    const run = work.seal({ kind: 'seal', firstBlock, blocks: inRun, lanes });
    // Where an earlier run fails, nobody waits for this one any more.
    run.catch(() => undefined);
    if (ahead.push(run) < work.ahead) continue;
    const next = ahead.shift();
    if (next) yield await takeIn(next);
  }
  for (const run of ahead) yield await takeIn(run);
  const lanes = requireLevels(await runs.take(2 * (lastSlots - tail * degree)), 2 * degree * tail, parameters);
  yield (await work.seal({ kind: 'seal', firstBlock: tail, blocks: blocks - tail, lanes, checkBefore: check })).bytes;
}

function requireLevels(lanes: Int32Array<ArrayBuffer>, firstLane: number, parameters: SealParameters): Int32Array<ArrayBuffer> {
  const largest = largestLane(parameters);
  let index = 0;
  while (index < lanes.length && Math.abs(lanes[index] ?? 0) <= largest) index++;
  if (index === lanes.length) return lanes;
  throw new ConsiliumError({
    code: 'LANE_RANGE',
    errorClass: 'refused',
    message: `Lane ${firstLane + index} is beyond ±${largest}: the sum of all sites could wrap.`,
    fix: 'Quantise with the parameter object of this study.',
  });
}
