import { ConsiliumError, type SealParameters } from '@consilium/protocol';
import { fileHeader } from '../blocks/file-header.js';
import { addValues } from '../check/check-values.js';
import { largestLane, laneSlots } from '../lanes/lane-layout.js';
import type { MaskTerm } from '../masks/mask-sum.js';
import { LaneRuns, type LaneSource } from './lane-runs.js';
import { RUN, startWork, type SumKeys } from './sum-keys.js';
import type { SealedRun } from './sum-task.js';
import type { SumWork } from './sum-work.js';

/**
 * The file in pieces: its header, then runs of blocks.
 * @param masks - of the site's attempt; `sealToFile` sees to it that they are there
 */
export async function* sealedPieces(
  request: SumKeys & { readonly lanes: LaneSource },
  masks: readonly MaskTerm[],
): AsyncGenerator<Uint8Array> {
  const { parameters, keyEpoch } = request;
  const runs = new LaneRuns(request.lanes);
  const work = await startWork(request, masks);
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
